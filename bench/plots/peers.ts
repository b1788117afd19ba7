/** Peers side by side: seconds and memory, on log scales, for each graph a row of two panels. */
import type { Peer } from '../peers.js';
import type { GraphReport, PeerReport, RunReport } from '../report.js';
import { formatBytes } from '../units.js';
import { type Panel, type Plot, SCHEMA } from './plot.js';
import { PALETTES, type Theme } from './theme.js';
import { logTicks } from './ticks.js';

const LABELS: Record<Peer, string> = {
  'ours-fewest-bytes': 'gs-repartition, default layout',
  'ours-most-frequent': 'gs-repartition, reference’s layout',
  'cp-fewest-bytes': 'cp, default layout',
  'cp-most-frequent': 'cp, reference’s layout',
  'reference-in-memory': 'reference, in memory',
  'reference-streaming': 'reference, streaming',
  'graphstorm-in-memory': 'GraphStorm’s gs-repartition, in memory',
  'graphstorm-streaming': 'GraphStorm’s gs-repartition, streaming',
  duckdb: 'DuckDB',
  spark: 'Spark, local',
};
const ORDER = Object.values(LABELS);

export function peersPlots(report: RunReport): Plot[] {
  const [main] = report.graphs;
  if (!main) return [];
  const plots = [plot(`${report.preset}-main`, [main], report)];
  return report.graphs.length === 1
    ? plots
    : [...plots, plot(`${report.preset}-graphs`, report.graphs, report)];
}

function plot(name: string, graphs: readonly GraphReport[], { cache, machine }: RunReport): Plot {
  const names = graphs.map(({ graph }) => graph).join(', ');
  return {
    name,
    alt: `Seconds and peak memory of each program on ${names}, on log scales; the numbers are in the table.`,
    draw: (theme) => ({
      $schema: SCHEMA,
      title: {
        text: 'Aligning a graph: time and memory',
        subtitle: [
          'medians, with lines from the fastest to the slowest run; cp copies the bytes that had to move',
          `${machine.cores} cores, ${cache} cache, everything synced to disk`,
        ],
      },
      vconcat: graphs.map((graph) => ({
        title: { text: `${graph.graph}, ${formatBytes(graph.bytes)}`, fontSize: 13 },
        hconcat: [panel(graph, 'seconds', theme), panel(graph, 'memory', theme)],
      })),
    }),
  };
}

interface Row {
  peer: string;
  role: 'ours' | 'limit' | 'others';
  value: number;
  low: number;
  high: number;
  label: string;
}

const PANELS = {
  seconds: {
    title: 'seconds (log scale)',
    row: ({ seconds: { median, min, max } }: PeerReport) => ({
      value: median,
      low: min,
      high: max,
      label: `${median < 10 ? median.toFixed(2) : median.toFixed(1)} s`,
    }),
  },
  memory: {
    title: 'peak memory in MB (log scale)',
    row: ({ peak_rss_mb: value }: PeerReport) => ({ value, low: value, high: value, label: `${value} MB` }),
  },
} as const;

function panel(graph: GraphReport, kind: keyof typeof PANELS, theme: Theme): Panel {
  const { title, row } = PANELS[kind];
  const { ours, limit, others } = PALETTES[theme];
  const rows = graph.peers.map((report): Row => ({
    peer: LABELS[report.peer],
    role: roleOf(report.peer),
    ...row(report),
  }));
  // Room for the label of the slowest, and a decade's line before the fastest.
  const values = rows.flatMap(({ low, high }) => [low, high]);
  const domain = [Math.min(...values) / 1.6, Math.max(...values) * 3] as [number, number];
  const y = {
    field: 'peer',
    type: 'nominal' as const,
    sort: ORDER,
    title: null,
    axis: kind === 'seconds' ? { ticks: false, domain: false, labelLimit: 500 } : null,
  };
  const x = {
    field: 'value',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain, nice: false },
    axis: { title, values: logTicks(...domain), format: ',~f' },
  };
  const color = {
    field: 'role',
    type: 'nominal' as const,
    legend: null,
    scale: { domain: ['ours', 'limit', 'others'], range: [ours, limit, others] },
  };
  return {
    data: { values: rows },
    width: kind === 'seconds' ? 340 : 260,
    height: { step: 26 },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: { y, x: { ...x, field: 'low' }, x2: { field: 'high' }, color },
      },
      { mark: { type: 'point', filled: true, size: 90, opacity: 1 }, encoding: { y, x, color } },
      {
        mark: { type: 'text', align: 'left', dx: 9 },
        encoding: { y, x: { ...x, field: 'high' }, text: { field: 'label' } },
      },
    ],
  };
}

function roleOf(peer: Peer): Row['role'] {
  if (peer.startsWith('ours-')) return 'ours';
  return peer.startsWith('cp-') ? 'limit' : 'others';
}
