// Whether the options and field settings of every panel have the shape that Grafana's own types give its kind:
// `satisfies`, panel by panel, by tsc in memory. Prints a line for each mistake; nothing where all is well.
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const HERE = dirname(fileURLToPath(import.meta.url));
const FILE = join(HERE, 'panels.generated.ts');
const KINDS = {
  barchart: 'BarChart', bargauge: 'BarGauge', geomap: 'Geomap', stat: 'Stat', 'state-timeline': 'StateTimeline',
  'status-history': 'StatusHistory', table: 'Table', text: 'Text', timeseries: 'TimeSeries',
};
const WITH_FIELDS = new Set(['barchart', 'state-timeline', 'status-history', 'timeseries']);
const ALSO = { table: ' & { footer?: unknown }' }; // 12.0 and 12.1 know it, 12.2 leaves it aside; the SDK writes it
const folder = (kind) => kind.replace('-', '');

const lines = ['// a string of JSON stands where the types have an enumeration; what Grafana fills in itself may be missing',
  'type Json<T> = T extends string ? `${T}` : T extends number | boolean | null | undefined ? T',
  '  : T extends ReadonlyArray<infer I> ? Json<I>[] : { [K in keyof T]?: Json<T[K]> };'];
for (const [kind, name] of Object.entries(KINDS)) {
  lines.push(`import type * as ${name} from '@grafana/schema/dist/types/raw/composable/${folder(kind)}/panelcfg/x/${name}PanelCfg_types.gen';`);
}
const told = new Map();
for (const file of process.argv.slice(2)) {
  const dashboard = JSON.parse(readFileSync(file, 'utf8'));
  for (const panel of dashboard.panels.flatMap((each) => [each, ...(each.panels ?? [])]).filter((each) => each.type !== 'row')) {
    const name = KINDS[panel.type];
    if (!name) throw new Error(`${file}: the types of ${panel.type} are not known here; add its kind to KINDS`);
    told.set(lines.length, `${basename(dirname(file))}/${basename(file)}: ${panel.title}: options`);
    lines.push(`(${JSON.stringify(panel.options ?? {})}) satisfies Json<${name}.Options>${ALSO[panel.type] ?? ''};`);
    if (WITH_FIELDS.has(panel.type)) {
      told.set(lines.length, `${basename(dirname(file))}/${basename(file)}: ${panel.title}: fieldConfig.defaults.custom`);
      lines.push(`(${JSON.stringify(panel.fieldConfig.defaults.custom ?? {})}) satisfies Json<${name}.FieldConfig>;`);
    }
  }
}

const options = { strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Node10, types: [] };
const host = ts.createCompilerHost(options);
const source = lines.join('\n');
const { fileExists, getSourceFile, readFile } = host;
host.fileExists = (name) => name === FILE || fileExists(name);
host.readFile = (name) => (name === FILE ? source : readFile(name));
host.getSourceFile = (name, version, ...others) =>
  name === FILE ? ts.createSourceFile(name, source, version) : getSourceFile(name, version, ...others);
const program = ts.createProgram([FILE], options, host);
for (const each of ts.getPreEmitDiagnostics(program)) {
  const line = each.file?.fileName === FILE ? each.file.getLineAndCharacterOfPosition(each.start).line : undefined;
  console.log(`${told.get(line) ?? each.file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(each.messageText, ' ').slice(0, 600)}`);
}
