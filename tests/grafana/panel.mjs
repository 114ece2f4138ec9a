// What panels show, by Grafana's own code. A line on stdin for each: { panel, frames: { A: [{ site: 'market', ispu: 40 }, …] } },
// and a line of values on stdout.
//
// A letter without rows is a query that found nothing: InfluxDB answers it without a frame.
import { createInterface } from 'node:readline';
import { FieldType, print, shown, toDataFrame } from './grafana.mjs';

const typeOf = (rows, name) => (rows.some((row) => typeof row[name] === 'string') ? FieldType.string : FieldType.number);

function frameOf([refId, rows]) {
  const names = [...new Set(rows.flatMap(Object.keys))];
  const time = { name: 'Time', type: FieldType.time, values: rows.map((_, number) => number) };
  const fields = names.map((name) => ({ name, type: typeOf(rows, name), values: rows.map((row) => row[name] ?? null) }));
  return toDataFrame({ refId, fields: [time, ...fields] });
}

for await (const line of createInterface({ input: process.stdin })) {
  const { panel, frames } = JSON.parse(line);
  print(JSON.stringify(await shown(panel, Object.entries(frames).filter(([, rows]) => rows.length).map(frameOf))));
}
