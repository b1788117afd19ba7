/** The report of the benchmark on S3. Pure. */
import type { Circumstances, Machine } from '../machine.js';
import type { Cost } from '../measure/measure.js';
import { costReport, type CostReport, type TargetReport } from '../report.js';
import { median, rounded } from '../stats.js';
import type { TargetLayout } from '../../src/repartition/model.js';

export interface S3Case {
  graph: string;
  layout: TargetLayout;
  /** Of all data sets, and of the parts that were replaced. */
  bytes: number;
  moved_bytes: number;
  moved_parts: number;
  /** Bytes that the server copied on our request, and by how many requests. */
  copied_bytes: number;
  copies: number;
  /** At the client's sockets, headers included. */
  uploaded_bytes: number;
  downloaded_bytes: number;
  requests: Record<string, number>;
  ours: CostReport;
  /** The same copies without us; absent when all new parts were too small for a copy. */
  bare_copies?: CostReport;
  /** The same without the start of that program. */
  bare_copies_inside_seconds?: number;
  ratios: S3Ratios;
}

export interface S3Ratios {
  /** Wall time of both programs from start to end, medians. */
  time_vs_copies?: number;
  /** Uploaded and downloaded bytes over the bytes that had to move. */
  client_bytes_share: number;
  peak_rss_mb: number;
}

export interface S3Report {
  kind: 's3';
  preset: string;
  machine: Machine;
  ran: Circumstances;
  server: string;
  synced: true;
  cases: S3Case[];
  targets: TargetReport[];
}

export interface S3Costs {
  ours: readonly Cost[];
  bareCopies: readonly Cost[];
  /** Seconds, without the start of the program. */
  inside: readonly number[];
}

export type S3Facts = Omit<S3Case, 'ours' | 'bare_copies' | 'bare_copies_inside_seconds' | 'ratios'>;

export function s3Case(facts: S3Facts, costs: S3Costs): S3Case {
  const ours = costReport(costs.ours);
  const bare = costs.bareCopies.length > 0 ? costReport(costs.bareCopies) : undefined;
  return {
    ...facts,
    ours,
    ...(bare && { bare_copies: bare, bare_copies_inside_seconds: rounded(median(costs.inside)) }),
    ratios: {
      ...(bare && { time_vs_copies: rounded(ours.seconds.median / bare.seconds.median) }),
      client_bytes_share: rounded((facts.uploaded_bytes + facts.downloaded_bytes) / facts.moved_bytes),
      peak_rss_mb: ours.peak_rss_mb,
    },
  };
}

/** The limits are about moving every boundary of 128 MB parts: the layout that moves the most. */
export function s3TargetsOf(cases: readonly S3Case[]): TargetReport[] {
  const judged = cases.filter(({ layout }) => layout === 'most-frequent');
  const target = (name: keyof S3Ratios, text: string, limit: number): TargetReport[] =>
    judged.flatMap(({ graph, ratios }) => {
      const value = ratios[name];
      return value === undefined
        ? []
        : [{ target: text, ratio: name, graph, value, limit, met: value <= limit }];
    });
  return [
    ...target('client_bytes_share', 'S3: ≤ 5 % of the moved bytes through the client', 0.05),
    ...target('time_vs_copies', 'S3: ≤ 1.5 × the bare copies', 1.5),
    ...target('peak_rss_mb', 'S3: peak RSS ≤ 300 MB', 300),
  ];
}
