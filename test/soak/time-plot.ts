import { svgPage } from '../bench/svg-plot.ts';

/** One diagram over time. */
export interface TimePanel {
  title: string;
  /** Name and values of each line; one value per point of time. */
  lines: Record<string, readonly number[]>;
}

const WIDTH = 760;
const HEIGHT = 240;
const LEFT = 80;
const RIGHT = 170;
const TOP = 34;
const BOTTOM = 30;
const COLOURS = ['#1f77d0', '#e0592a', '#3a9d5d', '#a25bc4', '#c79a14'];
const TICKS = 4;

const text = (x: number, y: number, anchor: string, label: string, extra = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" ${extra}>${label}</text>`;

function humanNumber(value: number): string {
  return value >= 10_000 ? `${Math.round(value / 1000)} k` : value.toFixed(value < 10 ? 1 : 0);
}

function panelSvg({ title, lines }: TimePanel, seconds: readonly number[], top: number): string[] {
  const highest = 1.1 * Math.max(1, ...Object.values(lines).flat());
  const end = Math.max(1, seconds.at(-1) ?? 1);
  const x = (at: number): number => LEFT + (at / end) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => top + HEIGHT - BOTTOM - (value / highest) * (HEIGHT - TOP - BOTTOM);
  const svg = [text(LEFT, top + 20, 'start', title, 'font-weight="600"')];
  for (let tick = 0; tick <= TICKS; tick++) {
    const value = (highest * tick) / TICKS;
    const at = y(value).toFixed(1);
    svg.push(
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" stroke="#8a94a0" stroke-opacity="0.35"/>`,
    );
    svg.push(text(LEFT - 8, y(value) + 4, 'end', humanNumber(value)));
    svg.push(
      text(x((end * tick) / TICKS), top + HEIGHT - 10, 'middle', `${humanNumber((end * tick) / TICKS)} s`),
    );
  }
  for (const [index, [name, values]] of Object.entries(lines).entries()) {
    const colour = COLOURS[index % COLOURS.length];
    const points = values.map((value, i) => `${x(seconds[i] ?? 0).toFixed(1)},${y(value).toFixed(1)}`);
    svg.push(`<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    svg.push(text(WIDTH - RIGHT + 12, top + TOP + 10 + 18 * index, 'start', name, `style="fill:${colour}"`));
  }
  return svg;
}

/** The panels below each other as one SVG document, readable on light and dark pages. */
export function timePlotSvg(panels: readonly TimePanel[], seconds: readonly number[]): string {
  return svgPage({
    width: WIDTH,
    height: panels.length * HEIGHT,
    title: panels.map(({ title }) => title).join('; '),
    body: panels.flatMap((panel, index) => panelSvg(panel, seconds, index * HEIGHT)),
  });
}
