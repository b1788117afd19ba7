/** Reports: of a plan, of a run, of what is published. Plain JSON, from which the page is drawn. */
import { messageOf, RepartitionError } from '../../errors.js';
import { productVersion } from '../../parquet/product.js';
import type { Estimate } from '../../storage/storage.js';
import type { PrefixOptions, Summary, VerifyReport, Violation } from '../api.js';
import type { Status } from '../commit/status.js';
import type { Plan } from '../model.js';
import { onPrefix } from '../on-storage.js';
import { readStatusJson } from '../runs/read-status.js';
import { countFates } from './fates.js';
import { groupsOfDocuments, groupsOfPlan } from './groups.js';
import type {
  Fate,
  ReportBytes,
  ReportDocument,
  ReportGroup,
  ReportOutcome,
  ReportProblem,
  ReportRun,
  ReportTotals,
} from './model.js';
import { readPublished } from './published.js';
import type { RunRecord } from './record.js';

export { estimate } from '../repartition.js';
export { RunRecord } from './record.js';

/** Of each severity; `verify --json` has all. */
const MOST_PROBLEMS = 200;

/** What the caller knows beside what was done. */
export interface ReportContext {
  /** As typed, or as a program gave them. */
  settings: ReportDocument['settings'];
  estimate?: Estimate | undefined;
}

/** Of what a run would do. */
export function reportOfPlan(plan: Plan, context: ReportContext): ReportDocument {
  const groups = groupsOfPlan(plan);
  const made = plan.tasks;
  return {
    ...head('plan', plan.prefix, context),
    outcome: {
      state: 'planned',
      happened:
        made === 0
          ? 'Nothing to align: all data sets of each type have one layout.'
          : `A run would make ${countOf(made, 'part')}. Nothing was written yet.`,
      advice: `To do it: ${plan.command}`,
    },
    run: {
      command: plan.command,
      ...(context.estimate && { seconds: context.estimate.seconds }),
      phases: [],
    },
    totals: totalsOf(groups),
    groups,
    ...problemsOf(plan.warnings.map((message) => ({ severity: 'warning' as const, message }))),
  };
}

/** How a run ended. */
export interface RunEnd {
  summary?: Summary;
  failure?: unknown;
  /** A look at what was published. */
  verified?: VerifyReport;
  /** That the run took, since its beginning. */
  startedAt: Date;
  finishedAt: Date;
}

/** Of a run, from what was recorded while it went on. */
export function reportOfRun(
  record: RunRecord,
  inputPrefix: string,
  { summary, failure, verified, startedAt, finishedAt }: RunEnd,
  context: ReportContext,
): ReportDocument {
  const { plan } = record;
  const groups = plan ? groupsOfPlan(plan, record.made) : [];
  const totals = totalsOf(groups);
  if (summary) {
    totals.resumed = summary.parts.resumed;
    totals.bytes.copied = summary.bytes.copied;
    totals.bytes.written = summary.bytes.written;
  }
  const warnings = (plan?.warnings ?? []).map((message) => ({ severity: 'warning' as const, message }));
  return {
    ...head('run', plan?.prefix ?? inputPrefix, context),
    outcome: summary ? endedWell(summary, verified) : endedBadly(failure, plan),
    run: {
      startedAt: startedAt.toISOString(),
      finishedAt: finishedAt.toISOString(),
      ...(plan && { command: plan.command }),
      seconds: (finishedAt.getTime() - startedAt.getTime()) / 1000,
      phases: record.phases(),
    },
    totals,
    groups,
    slowest: record.slowest,
    // What was counted is better than what was expected.
    ...(summary?.requests && { requests: { isEstimate: false, byOperation: summary.requests } }),
    ...problemsOf([...errorOf(failure), ...found(verified), ...warnings]),
  };
}

/** Of what lies under a prefix, by its documents and a check of it. */
export async function reportOfPrefix(
  about: 'verify' | 'published',
  options: Pick<PrefixOptions, 'inputPrefix' | 's3' | 'signal'>,
  verified: VerifyReport,
  context: ReportContext,
): Promise<ReportDocument> {
  return onPrefix(options, async (storage) => {
    const { signal } = options;
    const status = ((await readStatusJson(storage, { signal })) ?? undefined) as Status | undefined;
    const { input, published, sizeOf } = await readPublished(storage, verified.metadata, { signal });
    const groups = published ? groupsOfDocuments(input, published, sizeOf) : [];
    const totals = totalsOf(groups);
    const { summary } = status ?? {};
    if (summary && about === 'published') {
      totals.resumed = summary.parts.resumed;
      totals.bytes.copied = summary.bytes.copied;
      totals.bytes.written = summary.bytes.written;
    }
    return {
      ...head(about, verified.inputPrefix, context),
      outcome: judged(verified),
      ...(status && { run: runOf(status) }),
      totals,
      groups,
      ...problemsOf([
        ...(status?.error
          ? [{ severity: 'warning' as const, message: `the last run failed: ${status.error.message}` }]
          : []),
        ...found(verified),
      ]),
    };
  });
}

function head(
  about: ReportDocument['about'],
  inputPrefix: string,
  { settings, estimate }: ReportContext,
): Pick<
  ReportDocument,
  'document' | 'version' | 'about' | 'madeAt' | 'madeBy' | 'inputPrefix' | 'settings' | 'slowest' | 'requests'
> {
  return {
    document: 'gs-repartition/report',
    version: 1,
    about,
    madeAt: new Date().toISOString(),
    madeBy: `gs-repartition ${productVersion()}`,
    inputPrefix,
    settings,
    slowest: [],
    ...(estimate?.requests && { requests: { isEstimate: true, byOperation: estimate.requests } }),
  };
}

function endedWell(
  { types, dataSets, parts, updatedMetadata, seconds }: Summary,
  verified: VerifyReport | undefined,
): ReportOutcome {
  const made = parts.spliced + parts.reencoded;
  const happened =
    types.aligned === 0
      ? `Nothing to align: all ${countOf(dataSets.total, 'data set')} were aligned already.`
      : `Aligned ${countOf(types.aligned, 'type')} of ${types.total}: ${countOf(made, 'part')} made in ${seconds.toFixed(1)} s.`;
  if (!verified) {
    return {
      state: 'unknown',
      happened,
      advice: 'Published. gs-repartition verify tells whether it is ready.',
    };
  }
  const { state, advice } = judged(verified);
  return {
    state,
    happened,
    advice: state === 'ready' ? `Give ${updatedMetadata} to DistPartitioning.` : advice,
  };
}

function endedBadly(failure: unknown, plan: Plan | undefined): ReportOutcome {
  const isInterrupted = failure instanceof RepartitionError && failure.code === 'interrupted';
  return {
    state: 'failed',
    happened: isInterrupted
      ? 'The run was interrupted. Nothing was published.'
      : 'The run failed. Nothing was published.',
    advice: plan
      ? `Finished parts are kept. The same command resumes: ${plan.command}`
      : 'Do what the error says, then run the same command again.',
  };
}

function judged({ ready, violations, checked, metadata }: VerifyReport): ReportOutcome {
  const looked = `${countOf(checked.dataSets, 'data set')} in ${countOf(checked.parts, 'part')} looked at.`;
  return ready
    ? { state: 'ready', happened: looked, advice: `Give ${metadata} to DistPartitioning.` }
    : {
        state: 'not ready',
        happened: `${countOf(violations.length, 'violation')}. ${looked}`,
        advice: 'DistPartitioning could not read this graph. The problems below say why.',
      };
}

function runOf({ host, startedAt, finishedAt, command, summary }: Status): ReportRun {
  return {
    host,
    startedAt,
    ...(finishedAt !== undefined && { finishedAt }),
    command,
    ...(summary && { seconds: summary.seconds }),
    phases: [],
  };
}

function errorOf(failure: unknown): ReportProblem[] {
  if (failure === undefined) return [];
  if (!(failure instanceof RepartitionError)) {
    return [{ severity: 'error', message: messageOf(failure) }];
  }
  const { message, hint, part } = failure;
  return [
    {
      severity: 'error',
      message: hint === undefined ? message : `${message}. ${hint}`,
      ...(part !== undefined && { part }),
    },
  ];
}

function found(verified: VerifyReport | undefined): ReportProblem[] {
  const { violations = [], warnings = [] } = verified ?? {};
  return [
    ...violations.map((one) => problemOf('violation', one)),
    ...warnings.map((one) => problemOf('warning', one)),
  ];
}

function problemOf(
  severity: ReportProblem['severity'],
  { type, dataSet, part, message }: Violation,
): ReportProblem {
  return {
    severity,
    ...(type !== undefined && { type }),
    ...(dataSet !== undefined && { dataSet }),
    ...(part !== undefined && { part }),
    message,
  };
}

function problemsOf(all: readonly ReportProblem[]): Pick<ReportDocument, 'problems' | 'moreProblems'> {
  const problems = (['error', 'violation', 'warning'] as const).flatMap((severity) =>
    all.filter((one) => one.severity === severity).slice(0, MOST_PROBLEMS),
  );
  return { problems, moreProblems: all.length - problems.length };
}

function totalsOf(groups: readonly ReportGroup[]): ReportTotals {
  const dataSets = groups.flatMap((group) => group.dataSets.map((dataSet) => ({ ...dataSet, group })));
  const parts: ReportTotals['parts'] = { before: 0, after: 0, kept: 0, copied: 0, cut: 0, reencoded: 0 };
  const bytes: ReportBytes = { before: 0, kept: 0, copied: 0, written: 0 };
  for (const { group, before, fates, bytes: own } of dataSets) {
    const old = group.layouts[before]!.length;
    parts.before += old;
    parts.after += fates?.length ?? old;
    const counts = fates === undefined ? { kept: old, copied: 0, cut: 0, reencoded: 0 } : countFates(fates);
    for (const fate of Object.keys(counts) as Fate[]) parts[fate] += counts[fate];
    for (const key of Object.keys(bytes) as (keyof ReportBytes)[]) bytes[key] += own[key];
  }
  return {
    types: groups.reduce((sum, { types }) => sum + types.length, 0),
    dataSets: dataSets.length,
    rows: groups.reduce((sum, { rows, types }) => sum + rows * types.length, 0),
    parts,
    resumed: 0,
    bytes,
  };
}

/** `1 part`, `1,234 parts` */
function countOf(count: number, noun: string): string {
  return `${String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')} ${noun}${count === 1 ? '' : 's'}`;
}
