/** On S3: wall time beside that of the bare copies, and the share of the moved bytes that passes through the client. */
import type { S3Case, S3Report } from '../s3/report.js';
import { type Panel, type Plot, SCHEMA } from './plot.js';
import { PALETTES, type Theme } from './theme.js';

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
    height: { step: 18 },
    mark: { type: 'bar' },
    encoding: {
      y: { ...caseAxis(cases), axis: { ticks: false, domain: false } },
      yOffset: { field: 'program', sort: programs },
      x: { field: 'seconds', type: 'quantitative', axis: { title: 'seconds', tickCount: 5 } },
      color: {
        field: 'program',
        type: 'nominal',
        scale: { domain: programs, range: [ours, limit] },
        legend: { title: null, orient: 'bottom' },
      },
    },
  };
}

function sharePanel(cases: readonly S3Case[], theme: Theme): Panel {
  const { ours, others } = PALETTES[theme];
  const values = cases.map((one) => ({ case: nameOf(one), share: one.ratios.client_bytes_share }));
  const x = {
    field: 'share',
    type: 'quantitative' as const,
    axis: {
      title: 'bytes through the client, share of bytes moved (line: 5 %)',
      format: '.0%',
      tickCount: 5,
    },
  };
  return {
    width: 320,
    height: { step: 36 },
    layer: [
      {
        data: { values },
        mark: { type: 'bar', size: 16, color: ours },
        encoding: { y: { ...caseAxis(cases), axis: null }, x },
      },
      {
        data: { values: [{ share: 0.05 }] },
        mark: { type: 'rule', strokeDash: [4, 3], strokeWidth: 1.5, color: others },
        encoding: { x },
      },
    ],
  };
}
