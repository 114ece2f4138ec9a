// What every panel shows in the five cases and one more, by Grafana's own code (grafana.mjs): which word, in which colour.
// Reads the generated dashboards, writes one JSON row a panel and case; --table prints them for people.
//
// empty: the store answers with nothing; old: with rows without a value, and a sample of 61 s ago; dead: with nothing, but
// for the row that says so itself; quiet: dead for three minutes, so that whatever looks back longer finds the good
// values of the last hour. What is asked of now looks back so little that old readings are none.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { FieldType, print, shown, toDataFrame } from './grafana.mjs';

const NOW = Date.UTC(2026, 2, 15, 6);
const LOOKS_BACK = /now\(\) - (\d+)([smhdw])/g;
const SECONDS = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
const QUIET_S = 180;
const TAGS = new Set(['site', 'sensor', 'gateway', 'instance', 'name', 'word', 'word_id']);

const reaches = (query) => [...query.matchAll(LOOKS_BACK)].every(([, many, unit]) => many * SECONDS[unit] > QUIET_S);
const ofRange = (query) => /\$timeFilter|\$\{__from\}/.test(query);

// The columns that a query brings: those named by its outermost SELECT or by a pattern, else the one without a name.
function columnsOf(query) {
  const pattern = query.match(/^SELECT last\(\/\^\(([\w|]+)\)\$\/\)/);
  if (pattern) return ['sensor', ...pattern[1].split('|').map((name) => `last_${name}`)];
  const outer = query.slice(0, query.indexOf(' FROM '));
  const named = [...outer.matchAll(/AS "(\w+)"|"(\w+)"(?=,|$)/g)].map((match) => match[1] ?? match[2]);
  return named.length ? [...new Set(named)] : ['value'];
}

// "ispu" + 1 AS "more", "severity" * 0 AS "zero": of another column, as the store works it out.
function computed(query, name, value) {
  const found = query.match(new RegExp(`"(\\w+)"( \\* 0)?(?: \\+ (-?[\\d.]+))? AS "${name}"`));
  if (!found || !(found[2] || found[3])) return value(name);
  const [, from, times0, more] = found;
  return value(from) === null ? null : (times0 ? 0 : value(from)) + Number(more ?? 0);
}

function frameOf(target, value) {
  const table = target.resultFormat === 'table';
  const columns = table ? columnsOf(target.query) : [target.alias || 'value'];
  const of = (name) => (name === 'severity' && ofLimits(target) ? (value(name) === null ? null : 1) : value(name));
  const fields = columns.map((name) =>
    table && TAGS.has(name)
      ? { name, type: FieldType.string, values: [name] }
      : { name, type: FieldType.number, values: [table ? computed(target.query, name, of) : value(name)] },
  );
  return toDataFrame({ refId: target.refId, fields: [{ name: 'Time', type: FieldType.time, values: [NOW] }, ...fields] });
}

const framesOf = {
  good: (panel) => panel.targets.filter((each) => !saysUnheard(each)).map((each) => frameOf(each, (name) => best(panel, name))),
  bad: (panel) => panel.targets.filter((each) => !saysUnheard(each)).map((each) => frameOf(each, (name) => worst(panel, name))),
  empty: () => [],
  old: (panel) => panel.targets.filter((each) => !saysUnheard(each)).map((each) => frameOf(each, () => (isStrip(panel) ? NOW - 61_000 : null))),
  dead: (panel) => panel.targets.filter(saysUnheard).map((each) => frameOf(each, () => -1)),
  quiet: (panel) => panel.targets.filter((each) => saysUnheard(each) || reaches(each.query ?? '')).map((each) =>
    frameOf(each, (name) => (saysUnheard(each) ? -1 : isStrip(panel) ? NOW - QUIET_S * 1000 : best(panel, name)))),
};

const saysUnheard = (target) => /moving_average\("samples"/.test(target.query ?? '');
const ofLimits = (target) => target.query.includes('FROM "threshold"'); // a limit is one of a level, never of Normal
const isStrip = (panel) => (panel.targets?.[0]?.query ?? '').includes('"sampled_ms"');

function stepsFor(panel, column) {
  const own = panel.fieldConfig.overrides.filter((each) => [column, each.matcher.options].includes(each.matcher.options) && matches(each, column));
  const found = own.flatMap((each) => each.properties).find((each) => each.id === 'thresholds')?.value;
  return (found ?? panel.fieldConfig.defaults.thresholds)?.steps ?? [];
}

const matches = (override, name) => override.matcher.id === 'byName' && override.matcher.options === name;
const calm = '#2f9e6b';
const alert = '#c81e2c';

function best(panel, column) {
  if (isStrip(panel)) return NOW - 10_000;
  const step = stepsFor(panel, column).find((each) => each.color === calm);
  return step?.value ?? 0;
}

function worst(panel, column) {
  if (isStrip(panel)) return NOW - 130_000;
  const steps = stepsFor(panel, column);
  const red = steps.find((each) => each.color === alert) ?? steps.at(-1);
  return red?.value ?? (steps[1]?.value ?? 2) - 1;
}

const rows = [];
for (const file of process.argv.slice(2).filter((each) => each.endsWith('.json'))) {
  const dashboard = JSON.parse(readFileSync(file, 'utf8'));
  for (const panel of dashboard.panels.flatMap((each) => [each, ...(each.panels ?? [])]).filter((each) => each.targets?.length)) {
    for (const [name, frames] of Object.entries(framesOf)) {
      const values = await shown(panel, frames(panel));
      rows.push({ file: basename(file), uid: dashboard.uid, id: panel.id, title: panel.title, type: panel.type, case: name, strip: isStrip(panel), history: panel.targets.every((each) => ofRange(each.query ?? '')), values });
    }
  }
}

if (process.argv.includes('--table')) {
  const say = (row) => [...new Set(row.values.map((each) => `${each.text} ${each.color}`.trim()))].slice(0, 2).join(' / ');
  print('| dashboard | panel | good | bad | empty | old | dead | quiet |\n|---|---|---|---|---|---|---|---|');
  const cases = Object.keys(framesOf).length;
  for (let at = 0; at < rows.length; at += cases) {
    print(`| ${rows[at].uid} | ${rows[at].title} | ${rows.slice(at, at + cases).map(say).join(' | ')} |`);
  }
} else {
  print(JSON.stringify(rows));
}
process.exitCode = 0;
