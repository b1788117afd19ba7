/** A run with its report: what it tells while it goes on is noted, and at the end somebody looks whether all is ready. */
import { messageOf } from '../errors.js';
import type {
  Plan,
  RepartitionOptions,
  ReportDocument,
  Summary,
  VerifyReport,
} from '../repartition/index.js';
import type { Session } from './command.js';
import { requireTarget, settingsOf, withPrice, writeReport } from './report.js';
import { layoutOptions, type AlignValues } from './run-options.js';
import type { Reports } from './world.js';

/** @throws what the run throws; the report is written before that */
export async function runWithReport(
  values: AlignValues,
  session: Session,
  options: RepartitionOptions,
): Promise<{ summary: Summary; report?: ReportDocument }> {
  const { world, log } = session;
  if (values.report === undefined) return { summary: await world.engine.repartition(options) };
  requireTarget(values.report);
  const reports = await world.engine.reports();
  const record = new reports.RunRecord();
  const startedAt = new Date();
  const describe = async (
    end: Pick<Parameters<Reports['reportOfRun']>[2], 'summary' | 'failure' | 'verified'>,
    finishedAt = new Date(),
  ): Promise<ReportDocument> => {
    const estimate = record.plan && (await estimateOf(record.plan, reports));
    const context = { settings: settingsOf(layoutOptions, values), estimate };
    const ended = { ...end, startedAt, finishedAt };
    return withPrice(reports.reportOfRun(record, options.inputPrefix, ended, context));
  };
  let summary: Summary;
  try {
    summary = await world.engine.repartition({
      ...options,
      onPlan: (plan) => record.onPlan(plan),
      onResult: (result) => record.onResult(result),
    });
  } catch (failure) {
    const told = describe({ failure }).then((report) => writeReport(values, session, report));
    await told.catch((problem: unknown) =>
      log.warn(`the report could not be written: ${messageOf(problem)}`),
    );
    throw failure;
  }
  record.end();
  const finishedAt = new Date();
  const verified = await lookAt(options, session);
  return { summary, report: await describe({ summary, ...(verified && { verified }) }, finishedAt) };
}

/** Only where requests are counted is there something to tell. */
async function estimateOf(
  plan: Plan,
  { estimate }: Reports,
): Promise<Awaited<ReturnType<Reports['estimate']>>> {
  if (plan.location.scheme === 'file') return undefined;
  return estimate(plan).catch(() => undefined);
}

/** That the look failed is no reason to call the run a failure: it has ended well. */
async function lookAt(
  options: RepartitionOptions,
  { world, log, signal }: Session,
): Promise<VerifyReport | undefined> {
  const { inputPrefix, s3, inputMetadataFileName, updatedMetadataFileName } = options;
  try {
    return await world.engine.verifyPrefix({
      inputPrefix,
      ...(s3 && { s3 }),
      ...(inputMetadataFileName !== undefined && { inputMetadataFileName }),
      ...(updatedMetadataFileName !== undefined && { metadataFileName: updatedMetadataFileName }),
      signal,
    });
  } catch (problem) {
    log.warn(`whether the graph is ready could not be told: ${messageOf(problem)}`);
    return undefined;
  }
}
