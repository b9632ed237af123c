import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { BenchContext, type PartResult, QUICK_PLAN, STANDARD_PLAN } from './bench-context.ts';
import { type Figure, figureTable, targetMet } from './figures.ts';
import { stopAll } from './line-process.ts';
import { buildPrograms } from './native-build.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { crowd } from './parts/crowd.ts';
import { fanOut } from './parts/fan-out.ts';
import { filters } from './parts/filters.ts';
import { fixedLoad } from './parts/fixed-load.ts';
import { growth } from './parts/growth.ts';
import { history } from './parts/history.ts';
import { httpApi } from './parts/http-api.ts';
import { latency } from './parts/latency.ts';
import { lifecycle } from './parts/lifecycle.ts';
import { longReplies } from './parts/long-replies.ts';
import { memory } from './parts/memory.ts';
import { scale } from './parts/scale.ts';
import { slowReaders } from './parts/slow-readers.ts';
import { steady } from './parts/steady.ts';
import { uplink } from './parts/uplink.ts';
import { type Panel, plotSvg } from './svg-plot.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LIBRARY = `${ROOT}build/Release/libvscpl2drv-websocksrv.so`;

const PLAIN_HOST = [process.execPath, '--import', 'tsx', `${ROOT}test/bench/plain-host.ts`];

const PARTS: Record<string, (bench: BenchContext) => Promise<PartResult>> = {
  steady,
  fanout: fanOut,
  latency,
  replies: longReplies,
  uplink,
  history,
  http: httpApi,
  filters,
  memory,
  crowd,
  slow: slowReaders,
  lifecycle,
  cpu: fixedLoad,
  scale,
  growth,
};
/** It takes minutes, so it runs only when it is named. */
const BY_NAME_ONLY = 'growth';

/** The plot's panels for the parts that were run. */
function panelsOf(results: readonly PartResult[]): Panel[] {
  const panels: Panel[] = [];
  for (const { throughput, latencyUs } of results) {
    if (throughput) {
      panels.push({ title: 'Flood: delivered messages/s', curve: throughput });
    }
    if (latencyUs) {
      panels.push({ title: 'VSCPWrite to client at 100 events/s: µs', curve: latencyUs });
    }
  }
  return panels;
}

/** Runs the parts one after the other; when a part fails, this is reported and the others still run. */
async function runParts(
  bench: BenchContext,
  names: readonly string[],
): Promise<{ results: PartResult[]; failed: number }> {
  const results: PartResult[] = [];
  let failed = 0;
  for (const name of names) {
    const began = Date.now();
    try {
      const result = await PARTS[name]?.(bench);
      if (result) results.push(result);
      console.error(`${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
    } catch (error) {
      failed++;
      console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      await stopAll();
    }
  }
  return { results, failed };
}

async function writeResults(
  options: Options,
  figures: readonly Figure[],
  results: readonly PartResult[],
): Promise<void> {
  if (options.json) {
    const document = {
      date: new Date().toISOString(),
      machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
      node: process.version,
      quick: options.quick,
      figures: figures.map((figure) => ({ ...figure, met: targetMet(figure) })),
      curves: results.map(({ throughput, latencyUs }) => ({ throughput, latencyUs })),
    };
    await writeFile(options.json, `${JSON.stringify(document, undefined, 2)}\n`);
  }
  if (options.svg) await writeFile(options.svg, plotSvg(panelsOf(results)));
}

/**
 * Exit code: 0, 1 when a part could not be measured, 2 for a wrong command line. A missed target is reported
 * but is not an error.
 */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), Object.keys(PARTS));
  if (typeof options === 'string' || options.help) {
    console.error(typeof options === 'string' ? `${options}\n\n${USAGE}` : USAGE);
    return typeof options === 'string' ? 2 : 0;
  }
  const programs = await buildPrograms(`${ROOT}build/bench`);
  const host = options.plain ? PLAIN_HOST : [programs.feeder, options.driver ?? LIBRARY];
  const bench = new BenchContext(programs, host, options.quick ? QUICK_PLAN : STANDARD_PLAN, options.minutes);
  const standard = Object.keys(PARTS).filter((name) => name !== BY_NAME_ONLY);
  const names = options.only.length > 0 ? options.only : standard;
  const { results, failed } = await runParts(bench, names);
  const figures = results.flatMap((result) => result.figures);
  console.log(figureTable(figures));
  await writeResults(options, figures, results);
  return failed > 0 ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stopAll().finally(() => process.exit(1)));
}
try {
  process.exitCode = await main();
} finally {
  await stopAll();
}
