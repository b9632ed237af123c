import type uPlot from 'uplot';
import { formatNumber } from './format.ts';
import { tickDecimals } from './scale.ts';
import { PLOT_COLOURS, type SeriesNames } from './series-names.ts';
import type { Series } from './store.ts';

const AXIS_FONT_REM = 0.8;
const MIN_AXIS_PX = 40;
const AXIS_GAP_PX = 14;
/** A digit is narrower than this share of the root's font size. */
const DIGIT_REM = 0.5;

export interface PlotHooks {
  onZoom(from: number, to: number): void;
  onReset(): void;
}

/** Time of day on the axis, with seconds only where the ticks are that close. */
function timeLabels(_: uPlot, splits: number[]): string[] {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  const seconds = step < 60 ? ({ second: '2-digit' } as const) : {};
  return splits.map((time) =>
    new Date(time * 1000).toLocaleTimeString([], {
      hour: '2-digit',
      minute: '2-digit',
      hour12: false,
      ...seconds,
    }),
  );
}

/** Numbers on a value axis, with as many decimals as tell every tick exactly. */
function valueLabels(_: uPlot, splits: number[]): string[] {
  const decimals = tickDecimals(splits);
  return splits.map((value) => formatNumber(value, decimals));
}

/** Room for the longest number on a value axis, in CSS pixels. */
function axisSize(remPx: number): (plot: uPlot, labels: string[] | null) => number {
  return (_, labels) => {
    const longest = Math.max(0, ...(labels ?? []).map((label) => label.length));
    return Math.max(MIN_AXIS_PX, AXIS_GAP_PX + longest * DIGIT_REM * remPx);
  };
}

/** What the legend says of a series: its value under the cursor or before it, else the latest one. */
function legendValue(series: Series): uPlot.Series.Value {
  return (plot, raw, seriesIndex, dataIndex) => {
    let value: number | null | undefined = raw;
    const values = plot.data[seriesIndex];
    for (let i = dataIndex ?? -1; i >= 0 && (value === null || value === undefined); i -= 1)
      value = values?.[i];
    return `${formatNumber(value ?? series.value, series.decimals)} ${series.symbol}`;
  };
}

function legendTime(_: uPlot, value: number | null): string {
  return value === null ? 'now' : new Date(value * 1000).toLocaleTimeString([], { hour12: false });
}

/** Options of the plot for these series, in the colours of the page's theme. */
export function plotOptions(
  chosen: readonly Series[],
  names: SeriesNames,
  size: { width: number; height: number },
  hooks: PlotHooks,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const remPx = Number.parseFloat(style.fontSize);
  const symbols = [...new Set(chosen.map(({ symbol }) => symbol))];
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { show: false },
    font: `${Math.round(AXIS_FONT_REM * remPx)}px ${colour('--font')}`,
  };
  // Two units have an axis, left and right; further ones are read from the legend.
  const valueAxes = symbols.slice(0, 2).map(
    (symbol, i): uPlot.Axis => ({
      ...axis,
      scale: `unit${i}`,
      side: i === 0 ? 3 : 1,
      size: axisSize(remPx),
      grid: { ...axis.grid, show: i === 0 },
      values: valueLabels,
      ...(symbol !== '' && { label: symbol, labelSize: 1.2 * remPx, labelGap: 0, labelFont: axis.font }),
    }),
  );
  return {
    ...size,
    cursor: { drag: { x: true, y: false, setScale: false }, focus: { prox: 30 }, points: { size: 7 } },
    scales: { x: { time: true, auto: false } },
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
    axes: [{ ...axis, values: timeLabels }, ...valueAxes],
    series: [
      { label: 'Time', value: legendTime },
      ...chosen.map(
        (series, i): uPlot.Series => ({
          label: names.fullTitleOf(series),
          scale: `unit${symbols.indexOf(series.symbol)}`,
          stroke: colour(`--plot-${i % PLOT_COLOURS}`),
          width: 1.75,
          spanGaps: true,
          points: { show: false },
          value: legendValue(series),
        }),
      ),
    ],
  };
}
