// What one panel shows, by Grafana's own code: { panel, frames: { A: [{ site: 'market', ispu: 40 }, …] } } on stdin ─► values.
//
// A letter without rows is a query that found nothing: InfluxDB answers it without a frame.
import { readFileSync } from 'node:fs';
import { FieldType, print, shown, toDataFrame } from './grafana.mjs';

const { panel, frames } = JSON.parse(readFileSync(0, 'utf8'));
const typeOf = (rows, name) => (rows.some((row) => typeof row[name] === 'string') ? FieldType.string : FieldType.number);

function frameOf([refId, rows]) {
  const names = [...new Set(rows.flatMap(Object.keys))];
  const time = { name: 'Time', type: FieldType.time, values: rows.map((_, number) => number) };
  const fields = names.map((name) => ({ name, type: typeOf(rows, name), values: rows.map((row) => row[name] ?? null) }));
  return toDataFrame({ refId, fields: [time, ...fields] });
}

print(JSON.stringify(await shown(panel, Object.entries(frames).filter(([, rows]) => rows.length).map(frameOf))));
process.exitCode = 0;
