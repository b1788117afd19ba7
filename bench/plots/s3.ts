/** On S3: wall time beside that of the bare copies, and the share of the moved bytes that passes through the client. */
import type { S3Case, S3Report } from '../s3/report.js';
import { type Panel, type Plot, SCHEMA } from './plot.js';
import { PALETTES, type Theme } from './theme.js';
import { logTicks } from './ticks.js';

/** The target, in per cent. */
const LIMIT = 5;
const TITLE = `bytes through the client in % of those moved (dashed: ${LIMIT})`;
const ROW_PIXELS = 44;

export function s3Plots({ preset, cases, server }: S3Report): Plot[] {
  if (cases.length === 0) return [];
  return [
    {
      name: `${preset}-cases`,
      alt: 'Seconds of gs-repartition on S3 beside the bare copies, and its traffic; the numbers are in the table.',
      draw: (theme) => ({
        $schema: SCHEMA,
        title: { text: 'Aligning a graph inside S3', subtitle: `${server}; medians` },
        hconcat: [secondsPanel(cases, theme), sharePanel(cases, theme)],
      }),
    },
  ];
}

const nameOf = ({ graph, layout }: S3Case): string => `${graph}, ${layout}`;
const caseAxis = (cases: readonly S3Case[]) => ({
  field: 'case',
  type: 'nominal' as const,
  sort: cases.map(nameOf),
  title: null,
});

function secondsPanel(cases: readonly S3Case[], theme: Theme): Panel {
  const { ours, limit } = PALETTES[theme];
  const programs = ['gs-repartition', 'the same copies, nothing else'];
  const values = cases.flatMap((one) =>
    [one.ours, one.bare_copies].map((cost, i) => ({
      case: nameOf(one),
      program: programs[i],
      seconds: cost?.seconds.median ?? 0,
    })),
  );
  return {
    data: { values },
    width: 320,
    height: ROW_PIXELS * cases.length,
    mark: { type: 'bar' },
    encoding: {
      y: { ...caseAxis(cases), axis: { ticks: false, domain: false, labelLimit: 500 } },
      yOffset: { field: 'program', sort: programs },
      x: { field: 'seconds', type: 'quantitative', axis: { title: 'seconds', tickCount: 5 } },
      color: {
        field: 'program',
        type: 'nominal',
        scale: { domain: programs, range: [ours, limit] },
        legend: { title: null, orient: 'top' },
      },
    },
  };
}

function sharePanel(cases: readonly S3Case[], theme: Theme): Panel {
  const { ours, others } = PALETTES[theme];
  const percent = cases.map(({ ratios }) => 100 * ratios.client_bytes_share);
  const values = cases.map((one, i) => ({
    case: nameOf(one),
    share: percent[i]!,
    label: label(percent[i]!),
  }));
  const domain: [number, number] = [Math.min(...percent, LIMIT) / 1.5, Math.max(...percent, LIMIT) * 2.5];
  const y = { ...caseAxis(cases), axis: null };
  const x = {
    field: 'share',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain, nice: false },
    axis: { title: TITLE, values: logTicks(...domain), format: ',~f' },
  };
  return {
    width: 320,
    height: ROW_PIXELS * cases.length,
    data: { values },
    layer: [
      {
        data: { values: [{ share: LIMIT }] },
        mark: { type: 'rule', strokeDash: [4, 3], strokeWidth: 1.5, color: others },
        encoding: { x },
      },
      { mark: { type: 'point', filled: true, size: 90, opacity: 1, color: ours }, encoding: { y, x } },
      {
        mark: { type: 'text', align: 'left', dx: 9 },
        encoding: { y, x, text: { field: 'label' } },
      },
    ],
  };
}

function label(percent: number): string {
  return `${percent < 10 ? percent.toPrecision(2) : Math.round(percent).toLocaleString('en')} %`;
}
