// Grafana's own code under Node: what a panel shows of the frames that its queries bring, each value with its word and colour.
//
// panel + frames ─► transformDataFrame ─► applyFieldOverrides ─► getFieldDisplayValues, or the cells' display
import { createRequire } from 'node:module';
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('', { url: 'http://localhost/' });
Object.assign(globalThis, { window, document: window.document, localStorage: window.localStorage });
for (const name of ['DOMParser', 'Node', 'HTMLElement', 'Element', 'SVGElement', 'DocumentFragment', 'MutationObserver']) {
  globalThis[name] ??= window[name];
}
globalThis.navigator ??= window.navigator;
globalThis.ResizeObserver ??= class { observe() {} unobserve() {} disconnect() {} };

export const print = (text) => process.stdout.write(`${text}\n`);
console.log = console.info = () => {}; // a library of Grafana's advertises itself there
const grafana = createRequire(import.meta.url)('@grafana/data');
const { applyFieldOverrides, createTheme, getFieldDisplayValues, transformDataFrame } = grafana;
export const { FieldType, toDataFrame } = grafana;
const theme = createTheme({ colors: { mode: 'dark' } });
const asItIs = (value) => value;
const PROPERTIES = ['displayName', 'unit', 'decimals', 'mappings', 'thresholds', 'color', 'min', 'max', 'links', 'noValue'];
const registry = new grafana.Registry(() =>
  PROPERTIES.map((id) => ({ id, path: id, name: id, process: asItIs, override: asItIs, shouldApply: () => true })),
);
grafana.standardTransformersRegistry.setInit(() =>
  // one of them stands there under its former name too
  [...new Map(Object.values(grafana.standardTransformers).map((each) => [each.id, each])).values()].map((each) => ({
    id: each.id, name: each.id, transformation: each,
  })),
);

const FIGURES = new Set(['stat', 'gauge', 'bargauge']);

// ${__data.fields.name} is what stands in that column, in the row of a tile.
function ofRow(text, scope) {
  const { frame, rowIndex } = scope?.__dataContext?.value ?? {};
  return text.replace(/\$\{__data\.fields\.(\w+)\}/g, (asked, name) => {
    const field = frame?.fields.find((each) => each.name === name);
    return field ? field.display(field.values[rowIndex]).text : asked;
  });
}

const transformed = (panel, frames) =>
  new Promise((done, fail) => {
    transformDataFrame(panel.transformations ?? [], frames, { interpolate: asItIs }).subscribe({ next: done, error: fail });
  });

// Of a map, what has the colour of a value: the places below are grey whatever the store says.
const coloured = (panel) => (frame) =>
  panel.type !== 'geomap' || panel.options.layers.some((each) => each.config?.style?.color?.field && each.filterData.options === frame.refId);

export async function shown(panel, frames) {
  const data = applyFieldOverrides({
    data: await transformed(panel, frames.filter(coloured(panel))), fieldConfig: panel.fieldConfig, fieldConfigRegistry: registry,
    replaceVariables: asItIs, theme, timeZone: 'Asia/Jayapura',
  });
  if (FIGURES.has(panel.type)) {
    const options = { data, fieldConfig: panel.fieldConfig, reduceOptions: panel.options.reduceOptions, theme };
    const values = getFieldDisplayValues({ ...options, replaceVariables: ofRow, timeZone: 'Asia/Jayapura' });
    return values.map((each) => ({ name: each.display.title ?? '', text: each.display.text, color: each.display.color }));
  }
  const cells = data.flatMap((frame) => frame.fields.filter((field) => field.type === FieldType.number).flatMap((field) =>
    [...field.values].map((value) => ({ name: field.config.displayName ?? field.name, ...pick(field, value) }))));
  return cells.length ? cells : [{ name: '', text: panel.fieldConfig.defaults.noValue ?? '', color: '' }];
}

// a cell and a band take their colour from the value; a chart's line and a plain cell have one of their own
function pick(field, value) {
  const { text, color } = field.display(value);
  return { text, color: value === null || field.config.mappings?.length ? color : '' };
}
