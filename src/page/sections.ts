/** Where bytes and time went, what was slow, what requests cost, and with which settings. */
import type { ReportDataSet, ReportDocument } from '../repartition/report/model.js';
import { type Bar, bars } from './bars.js';
import { type Child, h, name, visible } from './dom.js';
import { bytes, count, duration } from './format.js';

/** Data sets with a bar of their own. */
const MOST_BARS = 12;

export function bytesSection({ totals, groups, about }: ReportDocument): HTMLElement | undefined {
  const all = groups.flatMap(({ dataSets }) => dataSets);
  if (all.length === 0) return undefined;
  const moved = ({ bytes: { copied, written } }: ReportDataSet): number => copied + written;
  const isPlan = about === 'plan';
  const sorted = all.filter((one) => moved(one) > 0).sort((a, b) => moved(b) - moved(a));
  const { kept, copied, written } = totals.bytes;
  const whole: Bar[] = [
    {
      label: h('span', {}, 'kept where they were'),
      segments: [{ kind: 'kept', value: kept }],
      amount: bytes(kept),
    },
    {
      label: h('span', {}, isPlan ? 'to copy' : 'copied unread'),
      segments: [{ kind: 'copied', value: copied }],
      amount: bytes(copied),
    },
    {
      label: h('span', {}, isPlan ? 'to re-encode' : 'made anew'),
      segments: [{ kind: 'cut', value: written }],
      amount: bytes(written),
    },
  ];
  const each = top(sorted, (dataSet, label) => ({
    label,
    segments: [
      { kind: 'copied', value: sum(dataSet, (one) => one.bytes.copied) },
      { kind: 'cut', value: sum(dataSet, (one) => one.bytes.written) },
    ],
    amount: bytes(sum(dataSet, moved)),
  }));
  return h(
    'section',
    {},
    h('h2', {}, isPlan ? 'Where bytes would go' : 'Where bytes went'),
    bars(whole),
    ...(each.length > 0 ? [h('h3', { class: 'soft' }, 'Most moved'), bars(each)] : []),
  );
}

export function timeSection({ run, groups, about }: ReportDocument): HTMLElement | undefined {
  const phases = run?.phases ?? [];
  if (phases.length === 0 || about === 'plan') return undefined;
  const sorted = groups
    .flatMap(({ dataSets }) => dataSets)
    .filter(({ seconds = 0 }) => seconds > 0)
    .sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));
  const each = top(sorted, (dataSets, label) => ({
    label,
    segments: [{ kind: 'wait', value: sum(dataSets, ({ seconds = 0 }) => seconds) }],
    amount: duration(sum(dataSets, ({ seconds = 0 }) => seconds)),
  }));
  return h(
    'section',
    {},
    h('h2', {}, 'Where time went'),
    bars(
      phases.map((phase) => ({
        label: h('span', {}, phase.name),
        segments: [{ kind: 'wait', value: phase.seconds }],
        amount: duration(phase.seconds),
      })),
    ),
    ...(each.length > 0 ? [h('h3', { class: 'soft' }, 'Tasks by data set, added up'), bars(each)] : []),
  );
}

/** A bar each for the first, one for the rest. */
function top(
  sorted: readonly ReportDataSet[],
  bar: (dataSets: readonly ReportDataSet[], label: Node) => Bar,
): Bar[] {
  const rest = sorted.slice(MOST_BARS);
  return [
    ...sorted.slice(0, MOST_BARS).map((one) => bar([one], name(one.name))),
    ...(rest.length > 0 ? [bar(rest, h('span', { class: 'soft' }, `${count(rest.length)} others`))] : []),
  ];
}

function sum(dataSets: readonly ReportDataSet[], of: (dataSet: ReportDataSet) => number): number {
  return dataSets.reduce((total, one) => total + of(one), 0);
}

export function slowestSection({ slowest }: ReportDocument): HTMLElement | undefined {
  if (slowest.length === 0) return undefined;
  const rows = slowest.map(({ part, dataSet, seconds, bytes: size, method }) => [
    h('td', { class: 'number' }, duration(seconds)),
    h('td', { class: 'path' }, name(part)),
    h('td', {}, name(dataSet)),
    h('td', {}, method === 'splice' ? 'spliced' : 're-encoded'),
    h('td', { class: 'number' }, bytes(size)),
  ]);
  return h(
    'section',
    {},
    h('h2', {}, 'Slowest tasks'),
    tableOf(['Time', 'Part', 'Data set', 'Made', 'Size'], rows, [0, 4], 'Slowest tasks'),
  );
}

export function requestsSection({ requests }: ReportDocument): HTMLElement | undefined {
  if (!requests) return undefined;
  const { byOperation, isEstimate, price } = requests;
  const rows = Object.entries(byOperation)
    .filter(([, number]) => number > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([operation, number]) => [h('td', {}, operation), h('td', { class: 'number' }, count(number))]);
  const amount = price && (price.amount < 0.01 ? 'less than 0.01' : price.amount.toFixed(2));
  return h(
    'section',
    {},
    h('h2', {}, isEstimate ? 'Requests, about' : 'Requests sent'),
    tableOf(['Operation', 'Requests'], rows, [1], 'Requests by operation'),
    price &&
      h(
        'p',
        {},
        `They cost about ${amount ?? ''} ${visible(price.currency)} (prices of ${visible(price.date)}).`,
      ),
  );
}

export function settingsSection({ settings, run }: ReportDocument): HTMLElement | undefined {
  const lines = [
    ...settings,
    ...(run?.host === undefined ? [] : [{ name: 'machine', value: run.host }]),
    ...(run?.command === undefined ? [] : [{ name: 'command', value: run.command }]),
  ];
  if (lines.length === 0) return undefined;
  const rows = lines.map((line) => [
    h('td', {}, name(line.name)),
    h('td', { class: 'path' }, name(line.value)),
  ]);
  return h('section', {}, h('h2', {}, 'Settings'), tableOf(['Setting', 'Value'], rows, [], 'Settings'));
}

function tableOf(
  headings: readonly string[],
  rows: readonly (readonly Child[])[],
  numbers: readonly number[],
  label: string,
): HTMLElement {
  const head = headings.map((one, i) =>
    h('th', { scope: 'col', class: numbers.includes(i) && 'number' }, one),
  );
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label },
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ...head)),
      h('tbody', {}, ...rows.map((cells) => h('tr', {}, ...cells))),
    ),
  );
}
