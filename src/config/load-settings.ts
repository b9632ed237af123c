import { errorMessage } from '../core/errors.ts';
import { isServeKey } from './config-keys.ts';
import { openSource } from './config-source.ts';
import { crossCheck } from './cross-checks.ts';
import { hideKeys } from './document.ts';
import { rightsOfOthers } from './file-rights.ts';
import type { HostContext } from './host-entry.ts';
import { nameKeys } from './key-names.ts';
import { type Problem, readSettings } from './read-settings.ts';
import type { Settings } from './settings.ts';

/** The settings in force, or all reasons why there are none. Warnings and problems are single lines. */
export type LoadResult =
  | {
      ok: true;
      settings: Settings;
      warnings: string[];
      /** Folder that relative paths start from. */
      baseDir: string;
      /** Absolute path of the file; undefined if the text itself was the configuration. */
      file?: string;
    }
  | {
      ok: false;
      problems: string[];
      warnings: string[];
      /** Where to log the problems, as far as the configuration is right about it. */
      logging?: Settings['logging'];
    };

/**
 * Reads the text that a host hands to VSCPOpen: inline JSON, inline XML, or the path of a file with either.
 * Never rejects; reports all problems at once, each as `file:line: key: found …, expected …`.
 */
export async function loadSettings(text: string, context: HostContext): Promise<LoadResult> {
  try {
    return await load(text, context);
  } catch (error) {
    const reason = errorMessage(error);
    return { ok: false, problems: [`configuration: internal error: ${reason}`], warnings: [] };
  }
}

async function load(text: string, context: HostContext): Promise<LoadResult> {
  const opened = await openSource(text, context);
  if (!opened.ok) return { ok: false, problems: [opened.reason], warnings: [] };
  const source = opened.value;
  const config = nameKeys(source.document);
  const { settings, problems, wrong } = readSettings(config, source.baseDir);
  const checked = await crossCheck(settings, wrong);
  const found = [...problems, ...checked.problems];
  if (context.isDaemon === true && settings.mqtt.url.length > 0) {
    const text = 'has no effect in a daemon, which gets its events elsewhere; the command serve uses it';
    checked.warnings.push({ key: 'mqtt.url', text });
  }
  const isIdle = ({ key }: Problem): boolean => context.isDaemon === true && isServeKey(key);
  const say = (findings: Problem[]): string[] =>
    findings
      .map((finding) => ({ ...finding, line: finding.line ?? config.line(finding.key) }))
      .sort((a, b) => (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER))
      .map(({ key, text: words, line }) => {
        return hideKeys(`${source.name}${line === undefined ? '' : `:${line}`}: ${key}: ${words}`);
      });
  const others = source.file === undefined ? [] : await rightsOfOthers(source.file, false);
  const warnings = [
    ...others.map((warning) => `${source.name}: ${warning}`),
    ...say([...config.notes, ...checked.warnings, ...found.filter(isIdle)]),
  ];
  const allProblems = say(found.filter((problem) => !isIdle(problem)));
  if (allProblems.length > 0) {
    return { ok: false, problems: allProblems, warnings, logging: settings.logging };
  }
  const file = source.file === undefined ? {} : { file: source.file };
  return { ok: true, settings, warnings, baseDir: source.baseDir, ...file };
}
