/** Which case is worth a profile: the one where ours was furthest from `cp`. */
import type { TargetLayout } from '../../src/repartition/model.js';
import { resultsFolder } from '../paths.js';
import { readReports, type Report } from '../results.js';
import type { ProfileRequest } from './run.js';

const PART_BYTES = 128 * 1024 * 1024;
/** Also a small graph has boundaries that move. */
const LEAST_PARTS = 8;
/** Before anything was measured: many columns and few bytes in each. */
const FALLBACK = 'user-item';

export interface ProfileArguments {
  graph: string | undefined;
  bytes: number;
  seed: number;
  layout: TargetLayout;
  concurrency: number | undefined;
  keep: string | undefined;
}

export async function profileRequest(args: ProfileArguments): Promise<ProfileRequest> {
  const { graph, bytes, seed, layout, concurrency, keep } = args;
  const name = graph ?? slowestOf(await readReports(resultsFolder)) ?? FALLBACK;
  const partBytes = Math.min(PART_BYTES, Math.ceil(bytes / LEAST_PARTS));
  return { graph: { graph: name, bytes, partBytes, seed }, layout, concurrency, keep };
}

/** Pure. @returns undefined when the standard preset was not saved */
function slowestOf(reports: readonly Report[]): string | undefined {
  const standard = reports.find((report) => report.kind === 'peers' && report.preset === 'standard');
  if (standard?.kind !== 'peers') return undefined;
  const ranked = [...standard.graphs].sort((a, b) => (b.ratios.time_vs_cp ?? 0) - (a.ratios.time_vs_cp ?? 0));
  return ranked[0]?.graph;
}
