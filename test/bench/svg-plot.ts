import type { Curve } from './bench-context.ts';
import { humanNumber } from './statistics.ts';

/** One diagram: curves over the number of clients, both axes logarithmic. */
export interface Panel {
  title: string;
  curve: Curve;
}

const WIDTH = 760;
const PANEL_HEIGHT = 340;
const LEFT = 84;
const RIGHT = 244;
const TOP = 44;
const BOTTOM = 48;
/** Colours that can be told apart on light and on dark pages. */
const COLOURS = ['#1f77d0', '#e0592a', '#3a9d5d', '#a25bc4', '#c79a14', '#6b7785'];

const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

interface Scale {
  at(value: number): number;
  ticks: number[];
}

/** Maps [smallest, largest], widened to powers of ten on request, onto pixels. */
function logScale(values: readonly number[], from: number, to: number, wholeDecades: boolean): Scale {
  const usable = values.filter((value) => value > 0 && Number.isFinite(value));
  let low = Math.log10(Math.min(...usable));
  let high = Math.log10(Math.max(...usable));
  if (wholeDecades || low === high) {
    low = Math.floor(low);
    high = Math.max(low + 1, Math.ceil(high));
  }
  const ticks: number[] = [];
  for (let decade = Math.ceil(low); decade <= high; decade++) ticks.push(10 ** decade);
  return { at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from), ticks };
}

function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" ${style}/>`;
}

function label(x: number, y: number, anchor: string, text: string, extra = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" ${extra}>${escapeText(text)}</text>`;
}

function axes(panel: Panel, x: Scale, y: Scale, clients: readonly number[], top: number): string[] {
  const bottom = top + PANEL_HEIGHT - BOTTOM;
  const right = WIDTH - RIGHT;
  const grid = 'stroke="#8a94a0" stroke-opacity="0.35"';
  return [
    label(LEFT, top - 18 + TOP, 'start', panel.title, 'style="font-weight:600;font-size:14px"'),
    ...y.ticks.flatMap((tick) => [
      line(LEFT, y.at(tick), right, y.at(tick), grid),
      label(LEFT - 8, y.at(tick) + 4, 'end', humanNumber(tick)),
    ]),
    ...clients.flatMap((count) => [
      line(x.at(count), top + TOP, x.at(count), bottom, grid),
      label(x.at(count), bottom + 18, 'middle', humanNumber(count)),
    ]),
    label((LEFT + right) / 2, bottom + 38, 'middle', 'clients'),
  ];
}

/** The colour depends on what is measured, so its percentiles share one; the upper one is dashed. */
function strokeOf(name: string, names: readonly string[]): { colour: string; style: string } {
  const subject = (series: string): string => series.replace(/ p\d+$/, '');
  const subjects = [...new Set(names.map(subject))];
  const colour = COLOURS[subjects.indexOf(subject(name)) % COLOURS.length] ?? '#000';
  const dash = name.endsWith(' p99') ? ' stroke-dasharray="6 4"' : '';
  return { colour, style: `stroke="${colour}" stroke-width="2.5"${dash}` };
}

function series(name: string, panel: Panel, x: Scale, y: Scale, top: number): string[] {
  const names = Object.keys(panel.curve);
  const { colour, style } = strokeOf(name, names);
  const points = panel.curve[name] ?? [];
  const usable = points.filter((point) => point.value > 0 && Number.isFinite(point.value));
  const at = usable.map((point) => `${x.at(point.clients).toFixed(1)},${y.at(point.value).toFixed(1)}`);
  const legendY = top + TOP + 10 + 20 * names.indexOf(name);
  const legendX = WIDTH - RIGHT + 18;
  return [
    `<polyline points="${at.join(' ')}" fill="none" ${style}/>`,
    ...usable.map(
      (point) =>
        `<circle cx="${x.at(point.clients).toFixed(1)}" cy="${y.at(point.value).toFixed(1)}" r="3.5" fill="${colour}">` +
        `<title>${escapeText(name)}, ${point.clients}: ${humanNumber(point.value)}</title></circle>`,
    ),
    line(legendX, legendY, legendX + 22, legendY, style),
    label(legendX + 28, legendY + 4, 'start', name),
  ];
}

function panelSvg(panel: Panel, top: number): string[] {
  const points = Object.values(panel.curve).flat();
  if (points.length === 0) return [];
  const clients = [...new Set(points.map((point) => point.clients))].sort((a, b) => a - b);
  const x = logScale(clients, LEFT + 12, WIDTH - RIGHT - 12, false);
  const values = points.map((point) => point.value);
  const y = logScale(values, top + PANEL_HEIGHT - BOTTOM, top + TOP, true);
  const curves = Object.keys(panel.curve).map((name) => series(name, panel, x, y, top));
  return [...axes(panel, x, y, clients, top), ...curves.flat()];
}

/** One SVG document with the panels below each other, readable on light and dark pages. */
export function plotSvg(panels: readonly Panel[]): string {
  const height = Math.max(1, panels.length) * PANEL_HEIGHT;
  return svgPage({
    width: WIDTH,
    height,
    title: panels.map(({ title }) => title).join('; '),
    body: panels.flatMap((panel, index) => panelSvg(panel, index * PANEL_HEIGHT)),
  });
}

/** A whole SVG document, readable on light and dark pages; screen readers say `title`. */
export function svgPage(page: { width: number; height: number; title: string; body: string[] }): string {
  const { width, height, title, body } = page;
  const style =
    'text{font:12px system-ui,sans-serif;fill:#24292f}rect.page{fill:#fff}' +
    '@media(prefers-color-scheme:dark){text{fill:#d6dde4}rect.page{fill:#14181d}}';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">`,
    `<title id="title">${escapeText(title)}</title>`,
    `<style>${style}</style>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    ...body,
    '</svg>',
    '',
  ].join('\n');
}
