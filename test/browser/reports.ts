/** Reports to look at: made up, so that they can be as large or as strange as one likes. */
import type { ReportDataSet, ReportDocument, ReportGroup } from '../../src/repartition/index.js';

/** Always the same numbers. */
function randomly(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function layoutOf(rows: number, parts: number, next: () => number): number[] {
  const weights = Array.from({ length: parts }, () => 0.5 + next());
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const layout = weights.map((weight) => Math.max(1, Math.floor((rows * weight) / sum)));
  layout[parts - 1]! += rows - layout.reduce((total, one) => total + one, 0);
  return layout;
}

/** A type whose first data set is kept, and the others follow. */
function groupOf(type: string, names: readonly string[], rows: number, parts: number): ReportGroup {
  const next = randomly(parts + names.length);
  const target = layoutOf(rows, parts, next);
  const layouts = [target];
  const dataSets = names.map((name, i): ReportDataSet => {
    const bytes = rows * 8 * (i === 0 ? 64 : 1);
    if (i === 0) {
      return {
        name: `node_data of ${type}, ${name}`,
        before: 0,
        fates: 'k'.repeat(parts),
        bytes: { before: bytes, kept: bytes, copied: 0, written: 0 },
        seconds: 0,
      };
    }
    layouts.push(layoutOf(rows, Math.max(1, Math.round(parts * (0.6 + 0.3 * i))), next));
    const fates = target.map((_, part) =>
      next() < 0.12 ? 'c' : next() < 0.04 ? 'r' : part % 29 === 0 ? 'k' : 'x',
    );
    return {
      name: `node_data of ${type}, ${name}`,
      before: layouts.length - 1,
      fates: fates.join(''),
      bytes: { before: bytes, kept: 0, copied: Math.round(bytes * 0.94), written: Math.round(bytes * 0.06) },
      seconds: 40 / (i + 1),
    };
  });
  return { kind: 'node', types: [type], rows, layouts, after: 0, dataSets };
}

export function reportOf(groups: ReportGroup[], more: Partial<ReportDocument> = {}): ReportDocument {
  const dataSets = groups.flatMap((group) => group.dataSets.map((dataSet) => ({ group, dataSet })));
  const parts = { before: 0, after: 0, kept: 0, copied: 0, cut: 0, reencoded: 0 };
  const bytes = { before: 0, kept: 0, copied: 0, written: 0 };
  const fates = { k: 'kept', c: 'copied', x: 'cut', r: 'reencoded' } as const;
  for (const { group, dataSet } of dataSets) {
    parts.before += group.layouts[dataSet.before]!.length;
    for (const letter of dataSet.fates ?? '') parts[fates[letter as keyof typeof fates]]++;
    parts.after += dataSet.fates?.length ?? 0;
    for (const key of ['before', 'kept', 'copied', 'written'] as const) bytes[key] += dataSet.bytes[key];
  }
  return {
    document: 'gs-repartition/report',
    version: 1,
    about: 'run',
    madeAt: '2026-11-26T08:00:00.000Z',
    madeBy: 'gs-repartition 0.1.0',
    inputPrefix: 's3://my-bucket/graphs/papers',
    outcome: {
      state: 'ready',
      happened: `Aligned ${groups.length} of ${groups.length} types.`,
      advice: 'Give s3://my-bucket/graphs/papers/updated_row_counts_metadata.json to DistPartitioning.',
    },
    run: {
      startedAt: '2026-11-26T07:58:00.000Z',
      finishedAt: '2026-11-26T07:59:40.000Z',
      command: 'gs-repartition --input-prefix s3://my-bucket/graphs/papers',
      seconds: 100,
      phases: [
        { name: 'prepare', seconds: 7 },
        { name: 'make parts', seconds: 85 },
        { name: 'check and publish', seconds: 8 },
      ],
    },
    totals: {
      types: groups.length,
      dataSets: dataSets.length,
      rows: groups.reduce((sum, { rows }) => sum + rows, 0),
      parts,
      resumed: 0,
      bytes,
    },
    groups,
    slowest: dataSets.slice(0, 5).map(({ dataSet }, i) => ({
      part: `node_data/paper-year/parquet-repartitioned-01234567/part-0000${i}.parquet`,
      dataSet: dataSet.name,
      seconds: 3 / (i + 1),
      bytes: 128e6,
      method: 'splice',
    })),
    requests: {
      isEstimate: true,
      byOperation: { GetObject: 12_000, UploadPartCopy: 900, PutObject: 8 },
      price: { amount: 0.34, currency: 'USD', date: '2026-11-01' },
    },
    settings: [{ name: '--target-layout', value: 'fewest-bytes' }],
    problems: [],
    moreProblems: 0,
    ...more,
  };
}

export const small = reportOf([groupOf('paper', ['embedding', 'year', 'train_mask'], 1_200_000, 3)]);

/** 30,000 parts of each of four data sets. */
export const large = reportOf([
  groupOf('paper', ['embedding', 'year', 'venue', 'train_mask'], 111_059_956, 30_000),
]);

/** A script, a tag, what ends a script element, what turns text around; and names that JavaScript knows. */
export const HOSTILE = [
  '</script><script>globalThis.hacked = 1</script>',
  '<img src=x onerror="globalThis.hacked = 2">',
  '<!-- <script>',
  '\u202egnp.exe\u2028\u0000',
  '__proto__',
  '<!-- style --> $& $1',
];

export const hostile = reportOf(
  HOSTILE.map((name) => groupOf(name, [name, `other ${name}`], 1000, 4)),
  {
    inputPrefix: HOSTILE[0]!,
    outcome: { state: 'not ready', happened: HOSTILE[1]!, advice: HOSTILE[0]! },
    problems: HOSTILE.map((name) => ({
      severity: 'violation',
      type: name,
      dataSet: name,
      part: name,
      message: name,
    })),
    settings: HOSTILE.map((name) => ({ name, value: name })),
    slowest: HOSTILE.map((name) => ({ part: name, dataSet: name, seconds: 1, bytes: 1, method: 'splice' })),
    requests: { isEstimate: true, byOperation: Object.fromEntries(HOSTILE.map((name) => [name, 1])) },
  },
);

/** More types and data sets than one looks at, and more problems. */
export const many = reportOf(
  Array.from({ length: 60 }, (_, i) =>
    groupOf(
      `type-${i}`,
      Array.from({ length: i === 0 ? 300 : 3 }, (_one, k) => `feature-${k}`),
      10_000,
      8,
    ),
  ),
  {
    outcome: { state: 'not ready', happened: '500 violations.', advice: 'The problems below say why.' },
    problems: Array.from({ length: 200 }, (_, i) => ({
      severity: 'violation',
      type: `type-${i}`,
      message: `problem ${i}`,
    })),
    moreProblems: 300,
  },
);
