import uPlot from 'uplot';
import { PLOT_COLOURS } from '../../store/series-names.ts';
import { type Series, stateWords } from '../../store/store.ts';
import { t } from '../../texts.ts';
import { formatDateAs, formatNumber } from '../../ui/format.ts';
import { lonelyRows } from './plot-data.ts';
import { leastRange, tickDecimals } from './scale.ts';

const AXIS_FONT_REM = 0.8;
/** Least width of a time with seconds and of the gap beside it. */
const TIME_LABEL_REM = 5;
const MIN_AXIS_PX = 40;
const AXIS_GAP_PX = 14;
/** A digit is narrower than this share of the root's font size. */
const DIGIT_REM = 0.5;

/** How much of the colour the spread has, as the last two digits of #rrggbbaa. */
const BAND_ALPHA = '30';
const STATE_ALPHA = '60';

export interface PlotHooks {
  onZoom(from: number, to: number): void;
  onReset(): void;
}

const DAY_S = 86_400;
const LONGEST_DAY_S = 25 * 3600;

/** Time on the axis, as fine as the ticks are: seconds, minutes, days or months. */
function timeLabels(_: uPlot, splits: number[]): string[] {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  return splits.map((time) => {
    const date = new Date(time * 1000);
    const isMidnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
    if (step > 27 * DAY_S) {
      return date.getMonth() === 0 ? String(date.getFullYear()) : formatDateAs(date, { month: 'short' });
    }
    if (isMidnight || step >= DAY_S) return formatDateAs(date, { day: 'numeric', month: 'short' });
    return timeOfDay(date, step < 60);
  });
}

function timeOfDay(date: Date, hasSeconds: boolean): string {
  const seconds = hasSeconds ? ({ second: '2-digit' } as const) : {};
  return formatDateAs(date, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...seconds,
  });
}

/** Numbers on a value axis, with as many decimals as tell every tick exactly. */
function valueLabels(_: uPlot, splits: number[]): string[] {
  const decimals = tickDecimals(splits);
  return splits.map((value) => formatNumber(value, decimals));
}

/** What a state is called. */
export function stateWordOf({ quantity }: Series, value: number): string {
  return t(stateWords(quantity, value !== 0));
}

const STATE_TICKS = [0, 1];
/** Above and below the values, of their spread. */
const ROOM = 0.1;
/** Room above the line. */
const STATE_TOP = 1.2;

/** A state is a band where it is open, on and so on. */
function stateParts(series: Series): {
  line: Partial<uPlot.Series>;
  axis: uPlot.Axis;
  scale: uPlot.Scale;
  cursor: uPlot.Cursor;
} {
  return {
    line: {
      ...(uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
      value: (plot, raw, _, at) => {
        const value = at === null ? plot.data[1]?.at(-1) : raw;
        return typeof value === 'number' ? stateWordOf(series, value) : '–';
      },
    },
    axis: {
      splits: () => STATE_TICKS,
      values: (_, splits) => splits.map((value) => stateWordOf(series, value)),
      grid: { show: false },
    },
    scale: { range: [0, STATE_TOP] },
    // What it was at a time, it has been since the change before.
    cursor: { dataIdx: (plot, _, at, time) => Math.max(0, (plot.data[0][at] ?? 0) > time ? at - 1 : at) },
  };
}

/** Room for the longest number on a value axis, in CSS pixels. */
function axisSize(remPx: number): (plot: uPlot, labels: string[] | null) => number {
  return (_, labels) => {
    const longest = Math.max(0, ...(labels ?? []).map((label) => label.length));
    return Math.max(MIN_AXIS_PX, AXIS_GAP_PX + longest * DIGIT_REM * remPx);
  };
}

/** A step of the sensor is no crash, and a value that stays the same has a line in the middle. */
function rangeOf(chosen: readonly Series[], symbol: string): uPlot.Scale.Range {
  const decimals = Math.max(
    ...chosen.filter((series) => series.symbol === symbol).map((series) => series.decimals),
  );
  return (_, lowest, highest) => {
    if (lowest === null || highest === null) return [null, null];
    const { low, high } = leastRange(lowest, highest, decimals);
    return uPlot.rangeNum(low, high, ROOM, true);
  };
}

/** What the legend says of a series: its value under the cursor or before it, else the latest one. */
function legendValue(series: Series, hasBands: boolean): uPlot.Series.Value {
  return (plot, raw, seriesIndex, dataIndex) => {
    let value: number | null | undefined = raw;
    let at = dataIndex ?? -1;
    const values = plot.data[seriesIndex];
    // At null there is nothing; at undefined the line goes on from the value before.
    while (at >= 0 && (hasBands ? value === undefined : value === null || value === undefined)) {
      at -= 1;
      value = values?.[at];
    }
    const tell = (number: number) => formatNumber(number, series.decimals);
    if (hasBands && dataIndex !== null && (value === null || value === undefined)) return '–';
    const [high, low] = [plot.data[seriesIndex + 1]?.[at], plot.data[seriesIndex + 2]?.[at]];
    const hasSpread = hasBands && dataIndex !== null && typeof low === 'number' && typeof high === 'number';
    const spread =
      hasSpread && low !== high ? ` (${t('{low} to {high}', { low: tell(low), high: tell(high) })})` : '';
    return `${tell(value ?? series.value)} ${series.symbol}${spread}`;
  };
}

function legendTime(plot: uPlot, value: number | null): string {
  if (value === null) return t('now');
  const date = new Date(value * 1000);
  const { min = 0, max = 0 } = plot.scales.x ?? {};
  const time = timeOfDay(date, (max ?? 0) - (min ?? 0) < LONGEST_DAY_S);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday
    ? time
    : `${formatDateAs(date, { day: 'numeric', month: 'short', year: 'numeric' })}, ${time}`;
}

/** The line of a value, and, with bands, the edges of its spread. */
function lines(
  series: Series,
  label: string,
  stroke: string,
  scale: string,
  hasBands: boolean,
): uPlot.Series[] {
  const line: uPlot.Series = {
    ...{ label, scale, stroke, width: 1.75, spanGaps: !hasBands },
    points: hasBands
      ? { show: false, filter: (plot, at) => someOf(lonelyRows(plot.data[at] ?? [])), size: 4, fill: stroke }
      : { show: false },
    value: legendValue(series, hasBands),
  };
  const edge: uPlot.Series = { label: '', class: 'band-edge', scale, width: 0, points: { show: false } };
  return hasBands ? [line, { ...edge }, { ...edge }] : [line];
}

function someOf(rows: number[]): number[] | null {
  return rows.length > 0 ? rows : null;
}

/** Options of the plot for these series, in the colours of the page's theme. */
export function plotOptions(
  chosen: readonly Series[],
  labelOf: (series: Series) => string,
  { hasBands, ...size }: { width: number; height: number; hasBands: boolean },
  hooks: PlotHooks,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const strokeOf = (i: number) => colour(`--plot-${i % PLOT_COLOURS}`);
  const remPx = Number.parseFloat(style.fontSize);
  const symbols = [...new Set(chosen.map(({ symbol }) => symbol))];
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { show: false },
    font: `${Math.round(AXIS_FONT_REM * remPx)}px ${colour('--font')}`,
  };
  const [first] = chosen;
  const state = first?.kind === 'state' && chosen.length === 1 ? stateParts(first) : undefined;
  // Two units have an axis, left and right; further ones are read from the legend.
  const valueAxes = symbols.slice(0, 2).map(
    (symbol, i): uPlot.Axis => ({
      ...axis,
      scale: `unit${i}`,
      side: i === 0 ? 3 : 1,
      size: axisSize(remPx),
      grid: { ...axis.grid, show: i === 0 },
      values: valueLabels,
      ...state?.axis,
      ...(symbol !== '' && { label: symbol, labelSize: 1.2 * remPx, labelGap: 0, labelFont: axis.font }),
    }),
  );
  return {
    ...size,
    cursor: {
      drag: { x: true, y: false, setScale: false },
      focus: { prox: 30 },
      points: { size: (plot, i) => (plot.series[i]?.class === undefined ? 7 : 0) },
      ...state?.cursor,
    },
    ...(hasBands && {
      bands: chosen.map((_, i) => ({
        series: [3 * i + 2, 3 * i + 3] as [number, number],
        fill: `${strokeOf(i)}${BAND_ALPHA}`,
      })),
    }),
    scales: {
      x: { time: true, auto: false },
      ...Object.fromEntries(symbols.map((symbol, i) => [`unit${i}`, { range: rangeOf(chosen, symbol) }])),
      ...(state && { unit0: state.scale }),
    },
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          hooks.onZoom(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      ready: [(plot) => plot.over.addEventListener('dblclick', () => hooks.onReset())],
    },
    axes: [{ ...axis, values: timeLabels, space: TIME_LABEL_REM * remPx }, ...valueAxes],
    series: [
      { label: t('Time'), value: legendTime },
      ...chosen.flatMap((series, i) =>
        lines(series, labelOf(series), strokeOf(i), `unit${symbols.indexOf(series.symbol)}`, hasBands).map(
          (line) => (state ? { ...line, ...state.line, fill: `${strokeOf(i)}${STATE_ALPHA}` } : line),
        ),
      ),
    ],
  };
}
