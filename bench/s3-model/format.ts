/** The report of the benchmark in the model of S3, as Markdown. */
import { describe, formatSpread, table, targetTable, timing } from '../format-report.js';
import type { ModelCurve } from '../presets.js';
import { formatBytes, formatSeconds } from '../units.js';
import type { BuildReport, ModelPlanning, ModelPoint, ModelReport } from './report.js';

const CURVES: Record<ModelCurve, { title: string; x: string }> = {
  parts: { title: 'Parts', x: 'parts' },
  'part-bytes': { title: 'Bytes of a part', x: 'a part' },
  latency: { title: 'Latency', x: 'latency' },
  tail: { title: 'Latency with a tail', x: '99th percentile' },
  threads: { title: 'Worker threads', x: 'threads' },
  rates: { title: 'Request rates', x: 'reads, writes a second' },
};

export function formatModel(report: ModelReport): string {
  const { machine, ran, points, planning, targets } = report;
  const names = Object.keys(CURVES) as ModelCurve[];
  return [
    describe(machine, ran),
    [
      `Server: a model of S3 on loopback that moves no bytes. Unless a table says otherwise, a request waits 30 ms, a GET and`,
      `an upload stream at 80 MB/s each, a copy takes its bytes / 100 MB/s, and a prefix takes 5,500 reads and 3,500 writes a`,
      `second. Each graph has two data sets of vectors whose boundaries lie apart: one of them moves, and nearly every one of`,
      `its parts is cut. "Copies" are the same ranges copied in the same model by a client that does nothing else, with so`,
      `many requests in flight. Requests and bytes (of bodies) are counted by the model.`,
    ].join('\n'),
    ...names.flatMap((name) =>
      curveSection(
        name,
        points.filter(({ curve }) => curve === name),
      ),
    ),
    ...planningSection(planning),
    ...(targets.length === 0 ? [] : ['## Targets', targetTable(targets)]),
  ].join('\n\n');
}

function curveSection(curve: ModelCurve, points: readonly ModelPoint[]): string[] {
  if (points.length === 0) return [];
  const { title, x } = CURVES[curve];
  const inFlight = points[0]!.bare?.map(({ in_flight: n }) => n) ?? [];
  const head = [x, 'moved', '', 'seconds', 'GB/s', ...inFlight.map((n) => `copies, ${n}`)];
  head.push('CPU a part', 'requests a part', 'peak RSS', 'up', 'down', 'in flight', '503');
  const rows = points.flatMap((point) =>
    point.runs.map((one) => [
      xOf(point),
      formatBytes(point.moved_bytes),
      one.build,
      timing(one.cost),
      String(one.gb_per_second),
      ...inFlight.map((n) => copiesCell(point, one, n)),
      `${one.cpu_ms_per_part} ms`,
      String(one.requests_per_part),
      `${one.cost.peak_rss_mb} MB`,
      formatBytes(one.uploaded_bytes),
      formatBytes(one.downloaded_bytes),
      `${one.in_flight.mean} (≤ ${one.in_flight.peak})`,
      percent(one.slowed_down_share),
    ]),
  );
  return [`## ${title}`, table(head, rows), ...notes(curve, points)];
}

function xOf({ curve, x, costs }: ModelPoint): string {
  switch (curve) {
    case 'part-bytes':
      return formatBytes(x);
    case 'latency':
    case 'tail':
      return `${x} ms`;
    case 'rates':
      return `${costs.readsPerSecond.toLocaleString('en')}, ${costs.writesPerSecond.toLocaleString('en')}`;
    default:
      return x.toLocaleString('en');
  }
}

function copiesCell({ bare = [] }: ModelPoint, one: BuildReport, inFlight: number): string {
  const found = bare.find(({ in_flight: n }) => n === inFlight);
  return found ? `${formatSeconds(found.seconds.median)} (× ${one.time_vs_copies?.[inFlight] ?? NaN})` : '';
}

function notes(curve: ModelCurve, points: readonly ModelPoint[]): string[] {
  const runs = points.flatMap((point) => point.runs.map((one) => ({ point, one })));
  if (curve === 'rates') {
    return runs.map(({ one: { build, allowed_rate_reached: reached } }) => {
      return `${build} reached ${percent(reached.reads ?? 0)} of the allowed reads and ${percent(reached.writes ?? 0)} of the allowed writes.`;
    });
  }
  if (curve !== 'parts') return [];
  return runs.map(({ point: { x, costs }, one: { build, requests, model_cpu_seconds: cpu } }) => {
    const counts = Object.entries(requests).map(([operation, n]) => `${n.toLocaleString('en')} ${operation}`);
    const { latencyMs, tailMs } = costs;
    const latency = tailMs > latencyMs ? `${latencyMs} ms, 99th percentile ${tailMs} ms` : `${latencyMs} ms`;
    return `${x.toLocaleString('en')} parts, latency ${latency}: requests of ${build} ${counts.join(', ')}; the model itself took ${formatSeconds(cpu)} of processor time.`;
  });
}

function planningSection(planning: readonly ModelPlanning[]): string[] {
  if (planning.length === 0) return [];
  const rows = planning.flatMap(({ parts, runs }) =>
    runs.map((one) => [
      parts.toLocaleString('en'),
      one.build,
      formatSpread(one.cost.seconds),
      one.footers_per_second.toLocaleString('en'),
      `${one.cpu_ms_per_part} ms`,
      `${one.cost.peak_rss_mb} MB`,
    ]),
  );
  const head = ['parts', '', 'seconds', 'footers a second', 'CPU a part', 'peak RSS'];
  return ['## Planning alone, footers included', table(head, rows)];
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
