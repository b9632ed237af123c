import type { Sample } from './soak-run.ts';
import { timePlotSvg } from './time-plot.ts';

/** More would only make the file larger. */
const MOST_POINTS = 360;

/** Memory, descriptors, threads and rates of a run as an SVG document; rates are means from point to point. */
export function soakPlot(all: readonly Sample[]): string {
  const step = Math.ceil(all.length / MOST_POINTS);
  const samples = all.filter((_, index) => index % step === 0);
  const rate = (pick: (sample: Sample) => number): number[] =>
    samples.map((sample, index) => {
      const before = samples[index - 1];
      return before === undefined ? 0 : (pick(sample) - pick(before)) / (sample.seconds - before.seconds);
    });
  const panels = [
    { title: 'Resident memory, MB', lines: { RSS: samples.map(({ rssKb }) => rssKb / 1024) } },
    {
      title: 'Descriptors, threads, clients',
      lines: {
        'file descriptors': samples.map(({ fds }) => fds),
        threads: samples.map(({ threads }) => threads),
        clients: samples.map(({ sessions }) => sessions),
      },
    },
    {
      title: 'Events a second',
      lines: {
        'delivered to clients': rate(({ eventsToClients }) => eventsToClients),
        'from the host': rate(({ eventsFromHost }) => eventsFromHost),
        'to the host': rate(({ eventsToHost }) => eventsToHost),
        dropped: rate(({ drops }) => drops),
      },
    },
  ];
  return timePlotSvg(
    panels,
    samples.map(({ seconds }) => seconds),
  );
}
