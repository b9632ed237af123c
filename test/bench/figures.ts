import { humanNumber } from './statistics.ts';

/** What a figure is compared with. */
export interface Target {
  /** The bound, in the unit of `subject` (`value`) or as a ratio to the reference (`ratio`). */
  kind: 'value' | 'ratio';
  atLeast?: number;
  atMost?: number;
}

/** One measured figure of the driver and what it is compared with. */
export interface Figure {
  /** Part of the benchmark, as in `--only`. */
  part: string;
  name: string;
  unit: string;
  value: number;
  /** The reference's figure in the same unit, and what the reference is. */
  reference?: number;
  referenceName?: string;
  /** Subject / reference; it is computed per round where rounds alternate. */
  ratio?: number;
  target?: Target;
  note?: string;
}

/** True or false for a figure with a target, else undefined. */
export function targetMet(figure: Figure): boolean | undefined {
  const { target } = figure;
  if (!target) return undefined;
  const measured = target.kind === 'ratio' ? (figure.ratio ?? Number.NaN) : figure.value;
  if (target.atLeast !== undefined && !(measured >= target.atLeast)) return false;
  if (target.atMost !== undefined && !(measured <= target.atMost)) return false;
  return true;
}

export function targetText(figure: Figure): string {
  const { target } = figure;
  if (!target) return '';
  const unit = target.kind === 'ratio' ? ' ×' : ` ${figure.unit}`;
  const bound = target.atLeast ?? target.atMost ?? Number.NaN;
  return `${target.atLeast === undefined ? '≤' : '≥'} ${humanNumber(bound)}${unit}`;
}

function cells(figure: Figure): string[] {
  const met = targetMet(figure);
  return [
    figure.name,
    `${humanNumber(figure.value)} ${figure.unit}`,
    figure.reference === undefined
      ? ''
      : `${humanNumber(figure.reference)} (${figure.referenceName ?? 'reference'})`,
    figure.ratio === undefined ? '' : humanNumber(figure.ratio),
    targetText(figure),
    met === undefined ? '' : met ? 'met' : 'MISSED',
    figure.note ?? '',
  ];
}

/** The figures as a Markdown table with padded columns, so that it is readable as plain text too. */
export function figureTable(figures: readonly Figure[]): string {
  const head = ['figure', 'driver', 'reference', 'ratio', 'target', '', 'note'];
  const rows = [head, ...figures.map(cells)];
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(head), rule, ...rows.slice(1).map(line)].join('\n');
}
