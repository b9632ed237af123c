/** Alert rules for Prometheus and the board for Grafana, beside what real servers tell at /metrics. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { tempFolder } from '../config/temp-folder.ts';
import { type ParsedSample, parsePrometheusText } from '../http/support/prometheus-text.ts';
import { loadScript, ROOT } from '../scripts/load-script.ts';
import { Broker } from '../support/broker.ts';
import { LiveDriver } from '../support/live-driver.ts';
import { startNode } from '../support/mqtt-node.ts';

interface Target {
  expr: string;
  refId: string;
  datasource: unknown;
}
interface Panel {
  id: number;
  title: string;
  type: string;
  datasource: unknown;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: Target[];
}
interface Board {
  schemaVersion: number;
  templating: { list: { name: string; type: string; query: unknown }[] };
  panels: Panel[];
}

const { testTool } = await loadScript<{
  testTool(name: string): { program: string; env: NodeJS.ProcessEnv };
}>('setup/test-tools.mjs');
const folder = tempFolder();
const PROMETHEUS = join(ROOT, 'examples', 'prometheus');
const ALERTS = readFileSync(join(PROMETHEUS, 'alerts.yml'), 'utf8');
const BOARD = JSON.parse(readFileSync(join(ROOT, 'examples', 'grafana', 'websocksrv.json'), 'utf8')) as Board;
const BOARD_EXPRESSIONS = BOARD.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
/** What Grafana puts into an expression before it asks. */
const filledIn = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*');

function promtool(...args: string[]): Promise<{ code: number; output: string }> {
  const { program, env } = testTool('promtool');
  return new Promise((resolve, reject) => {
    execFile(program, args, { env, cwd: folder.path }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

before(() => {
  for (const name of ['alerts.yml', 'prometheus.yml']) {
    copyFileSync(join(PROMETHEUS, name), join(folder.path, name));
  }
});

test("promtool finds nothing wrong in the rules and in Prometheus's configuration", async () => {
  const rules = await promtool('check', 'rules', 'alerts.yml');
  assert.equal(rules.code, 0, rules.output);
  assert.match(rules.output, /SUCCESS: 1\d rules found/);
  const config = await promtool('check', 'config', 'prometheus.yml');
  assert.equal(config.code, 0, config.output);
});

test('every alert fires on the trouble it is for, and none on a healthy server', async () => {
  copyFileSync(join(ROOT, 'test', 'neighbours', 'alerts.yml'), join(folder.path, 'servers.yml'));
  const { code, output } = await promtool('test', 'rules', 'servers.yml');
  assert.equal(code, 0, output);
  const fired = readFileSync(join(folder.path, 'servers.yml'), 'utf8');
  const alerts = [...ALERTS.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  for (const name of alerts) assert.ok(fired.includes(`alertname="${name}"`), `${name} is not tested`);
});

test("promtool's tests would fail with an alert that never fires", async () => {
  writeFileSync(
    join(folder.path, 'alerts.yml'),
    ALERTS.replace('== 0\n        for: 2m', '== 2\n        for: 2m'),
  );
  try {
    const { code, output } = await promtool('test', 'rules', 'servers.yml');
    assert.equal(code, 1);
    assert.match(output, /VscpServerDown/);
  } finally {
    writeFileSync(join(folder.path, 'alerts.yml'), ALERTS);
  }
});

test('every query of the board is one that Prometheus understands', async () => {
  const rules = BOARD_EXPRESSIONS.map((expr, index) => ({
    record: `panel:${index}`,
    expr: filledIn(expr),
  }));
  // JSON is YAML.
  const file = folder.file('board.yml', JSON.stringify({ groups: [{ name: 'board', rules }] }));
  const { code, output } = await promtool('check', 'rules', file);
  assert.equal(code, 0, output);
  assert.match(output, new RegExp(`${rules.length} rules found`));
});

/** Metrics in expressions with the labels that they are asked for; the target's own labels are left out. */
function selectors(expressions: readonly string[]): { name: string; labels: [string, string[]][] }[] {
  return expressions.flatMap((expression) =>
    [...expression.matchAll(/\b(vscp_websocksrv_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', text = '']) => ({
      name,
      labels: [...text.matchAll(/(\w+)=~?"([^"]*)"/g)]
        .map(([, label = '', value = '']): [string, string[]] => [label, value.split('|')])
        .filter(([label]) => label !== 'instance' && label !== 'job'),
    })),
  );
}

test('every metric and label in rules and board is in a scrape of a real server', async (context) => {
  const driver = await LiveDriver.startFor(context);
  const broker = await Broker.start(context);
  const node = await startNode(context, { url: broker.url }, { 'enable-metrics': true });
  const scrapes = [
    await driver.fetchText('/metrics'),
    await (await fetch(`${node.url.replace('ws:', 'http:')}/metrics`)).text(),
  ];
  await driver.stop();
  const samples = scrapes.flatMap((text) =>
    [...parsePrometheusText(text).values()].flatMap((family): ParsedSample[] => family.samples),
  );
  const alertExpressions = [...ALERTS.matchAll(/expr: (?:>-\n)?((?:.*\n)+?) +(?:for|labels):/g)].map(
    ([, expr = '']) => expr,
  );
  assert.equal(alertExpressions.length, ALERTS.match(/- alert:/g)?.length);
  const asked = selectors([...alertExpressions, ...BOARD_EXPRESSIONS]);
  assert.ok(asked.length > 40, `${asked.length} selectors`);
  for (const { name, labels } of asked) {
    const told = samples.filter((sample) => sample.name === name);
    assert.ok(told.length > 0, `no server tells ${name}`);
    for (const [label, values] of labels) {
      for (const value of values) {
        assert.ok(
          told.some((sample) => sample.labels[label] === value),
          `${name} has no ${label}="${value}"`,
        );
      }
    }
  }
  // Nothing that is told is missing on the board.
  const shown = new Set(selectors(BOARD_EXPRESSIONS).map(({ name }) => name));
  assert.deepEqual(
    [...new Set(samples.map(({ name }) => name))].filter((name) => !shown.has(name)),
    [],
  );
});

test('the board has its own place for each panel, and takes its data source from a variable', () => {
  assert.ok(BOARD.schemaVersion >= 39);
  const variables = new Map(BOARD.templating.list.map(({ name, type }) => [name, type]));
  assert.deepEqual([variables.get('datasource'), variables.get('instance')], ['datasource', 'query']);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how Grafana writes a variable
  const source = { type: 'prometheus', uid: '${datasource}' };
  const taken = new Set<string>();
  for (const { datasource, targets, title, gridPos } of BOARD.panels) {
    assert.deepEqual(datasource, source, title);
    for (const target of targets) assert.deepEqual(target.datasource, source, title);
    assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
    assert.ok(gridPos.x + gridPos.w <= 24, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(!taken.has(`${x},${y}`), `${title} lies over another panel`);
        taken.add(`${x},${y}`);
      }
    }
  }
  assert.equal(new Set(BOARD.panels.map(({ id }) => id)).size, BOARD.panels.length);
});
