import { Readable } from 'node:stream';
import { spec as SpecReporter } from 'node:test/reporters';

const SUMMARY_LINE = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;

const isSummary = ({ type, data }) =>
  type === 'test:diagnostic' && data.nesting === 0 && SUMMARY_LINE.test(data.message);

/**
 * Node's own spec reporter, with the summary held back until after the details of what failed: the last lines
 * are what a person and a CI log look at.
 */
// biome-ignore lint/style/noDefaultExport: node:test takes a reporter by its default export
export default async function* summaryLast(source) {
  const summary = [];
  async function* withoutSummary() {
    for await (const event of source) {
      if (isSummary(event)) summary.push(event.data.message);
      else yield event;
    }
  }
  yield* Readable.from(withoutSummary()).pipe(new SpecReporter());
  yield '\n';
  for (const line of summary) yield `# ${line}\n`;
}
