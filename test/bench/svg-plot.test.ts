import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStringPromise } from 'xml2js';
import { plotSvg } from './svg-plot.ts';

const PANEL = {
  title: 'Speed & <more>',
  curve: {
    driver: [
      { clients: 1, value: 1000 },
      { clients: 10, value: 100_000 },
      { clients: 100, value: 1_000_000 },
    ],
    'C <writer>': [{ clients: 10, value: 200_000 }],
  },
};

interface SvgDocument {
  svg: {
    text: { _: string }[];
    polyline: { $: Record<string, string> }[];
    circle: { $: { cx: string; cy: string } }[];
  };
}

async function parsed(svg: string): Promise<SvgDocument['svg']> {
  return ((await parseStringPromise(svg)) as SvgDocument).svg;
}

test('a plot is well-formed XML whatever the names hold', async () => {
  const svg = await parsed(plotSvg([PANEL]));
  const texts = svg.text.map((text) => text._);
  assert.ok(texts.includes('Speed & <more>'));
  assert.ok(texts.includes('C <writer>'));
});

test('every point is drawn, more clients further right and larger values higher', async () => {
  const { circle, polyline } = await parsed(plotSvg([PANEL]));
  assert.equal(circle.length, 4);
  assert.equal(polyline.length, 2);
  const xs = circle.slice(0, 3).map((point) => Number(point.$.cx));
  const ys = circle.slice(0, 3).map((point) => Number(point.$.cy));
  assert.deepEqual(
    xs,
    [...xs].sort((a, b) => a - b),
  );
  assert.deepEqual(
    ys,
    [...ys].sort((a, b) => b - a),
  );
  // Axes are logarithmic: equal factors are equal distances.
  assert.ok(Math.abs((ys[0] ?? 0) - (ys[1] ?? 0) - 2 * ((ys[1] ?? 0) - (ys[2] ?? 0))) < 1);
});

test('percentiles of one subject share a colour, the upper one is dashed', async () => {
  const points = [{ clients: 1, value: 5 }];
  const { polyline } = await parsed(
    plotSvg([{ title: '', curve: { 'a p50': points, 'b p50': points, 'a p99': points } }]),
  );
  const strokes = polyline.map((drawn) => [drawn.$.stroke, drawn.$['stroke-dasharray'] !== undefined]);
  assert.equal(strokes[0]?.[0], strokes[2]?.[0]);
  assert.notEqual(strokes[0]?.[0], strokes[1]?.[0]);
  assert.deepEqual(
    strokes.map((stroke) => stroke[1]),
    [false, false, true],
  );
});

test('values that were not measured are left out', async () => {
  const curve = {
    driver: [
      { clients: 1, value: Number.NaN },
      { clients: 2, value: 5 },
    ],
  };
  const svg = plotSvg([{ ...PANEL, curve }]);
  assert.doesNotMatch(svg, /NaN/);
  assert.equal((await parsed(svg)).circle.length, 1);
});

test('a plot without panels is still a document', () => {
  assert.match(plotSvg([]), /^<svg [^>]+>[\s\S]*<\/svg>\n$/);
});
