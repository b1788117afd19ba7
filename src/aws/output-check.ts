/**
 * Did the job leave an aligned graph? Spark's leader tries to align, but a job whose leader could not succeeds just the
 * same, and what lies under the prefix may be a leftover of an earlier job.
 */
import { RepartitionError } from '../errors.js';
import { parseS3Url } from '../s3/keys.js';
import type { AwsSession } from './session.js';

const METADATA = 'metadata.json';
const UPDATED_METADATA = 'updated_row_counts_metadata.json';

/** The alignment, as the jobs' side knows it; the caller brings the real one. */
export interface Engine {
  /**
   * @param asked names of the metadata to look at, and of those it was made from; as they are called by default unless
   *   given. How many ranks will read the graph, where that is known.
   */
  verify(
    prefix: string,
    asked?: { metadataFileName: string; inputMetadataFileName: string; worldSize?: number },
  ): Promise<{ ready: boolean; violations: readonly { message: string }[] }>;
  /** Aligns and publishes. What it answers is handed through. */
  align(prefix: string): Promise<unknown>;
}

/** Whether a job left an aligned graph, and if not, why. */
export type OutputVerdict = { aligned: true } | { aligned: false; reason: string };

/**
 * Whether the job itself wrote the two metadata files.
 * @param metadata when they were last modified, by S3's clock and to the second; missing when they are not there
 * @param startedAt when the job was submitted
 * @throws RepartitionError `job` when the job did not write to this prefix at all
 * @internal exported for its tests
 */
export function judgeDates(
  prefix: string,
  dates: { metadata?: Date | undefined; updated?: Date | undefined },
  startedAt: Date,
): OutputVerdict {
  // S3 cuts off the milliseconds.
  const start = Math.floor(startedAt.getTime() / 1000) * 1000;
  const isFresh = (date: Date): boolean => date.getTime() >= start;
  const { metadata, updated } = dates;
  if (metadata === undefined || !isFresh(metadata)) {
    const what = metadata === undefined ? 'left no' : 'did not write the';
    throw new RepartitionError('job', `the job succeeded, but ${what} ${METADATA} under ${prefix}`, {
      hint: 'Check where the job was told to write, and what its entry point is.',
    });
  }
  if (updated === undefined) return { aligned: false, reason: `the job left no ${UPDATED_METADATA}` };
  if (isFresh(updated)) return { aligned: true };
  return {
    aligned: false,
    reason: `${UPDATED_METADATA} is a leftover of ${updated.toISOString()}, older than the job`,
  };
}

/**
 * Looks at what a successful job left.
 * @throws RepartitionError `job`, and what keeps us from looking: `access`, `storage`, `interrupted`
 *
 * @example
 * ```ts no-run
 * import { verifyPrefix } from 'gs-repartition';
 * import { AwsSession, checkOutput } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * const verdict = await checkOutput(session, 's3://graphs/graph', new Date('2026-01-01'), (inputPrefix) =>
 *   verifyPrefix({ inputPrefix }),
 * );
 * console.log(verdict.aligned || verdict.reason);
 * ```
 */
export async function checkOutput(
  session: AwsSession,
  prefix: string,
  startedAt: Date,
  verify: Engine['verify'],
  signal?: AbortSignal,
): Promise<OutputVerdict> {
  const { bucket: name, prefix: folder } = parseS3Url(prefix);
  const bucket = await session.bucket(name, signal);
  const dateOf = async (file: string): Promise<Date | undefined> =>
    (await bucket.stat(folder === '' ? file : `${folder}/${file}`, signal))?.lastModified;
  let verdict: OutputVerdict;
  try {
    const dates = { metadata: await dateOf(METADATA), updated: await dateOf(UPDATED_METADATA) };
    verdict = judgeDates(prefix, dates, startedAt);
  } finally {
    bucket.close();
  }
  return verdict.aligned ? judge(UPDATED_METADATA, () => verify(prefix)) : verdict;
}

/**
 * Whether the graph under a prefix is aligned: whoever aligned it, and whenever.
 * @param names as the alignment was told them, and how many ranks will read the graph
 * @throws RepartitionError what keeps us from looking: `access`, `storage`, `interrupted`
 *
 * @example
 * ```ts no-run
 * import { verifyPrefix } from 'gs-repartition';
 * import { checkAlignment } from 'gs-repartition/upstream';
 *
 * const verdict = await checkAlignment('s3://graphs/graph', {}, (inputPrefix, names) =>
 *   verifyPrefix({ inputPrefix, ...names }),
 * );
 * console.log(verdict.aligned || verdict.reason);
 * ```
 */
export async function checkAlignment(
  prefix: string,
  names: {
    configFilename?: string | undefined;
    updatedMetadataFileName?: string | undefined;
    worldSize?: number | undefined;
  },
  verify: Engine['verify'],
): Promise<OutputVerdict> {
  const { configFilename: inputMetadataFileName = METADATA } = names;
  const { updatedMetadataFileName: metadataFileName = UPDATED_METADATA } = names;
  const { worldSize } = names;
  const ranks = worldSize === undefined ? {} : { worldSize };
  return judge(metadataFileName, () => verify(prefix, { metadataFileName, inputMetadataFileName, ...ranks }));
}

/** @param published the file that the verdict is about */
async function judge(published: string, verify: () => ReturnType<Engine['verify']>): Promise<OutputVerdict> {
  try {
    const { ready, violations } = await verify();
    if (ready) return { aligned: true };
    const first = violations[0]?.message ?? '';
    return { aligned: false, reason: `${published} fails verification (${violations.length}: ${first})` };
  } catch (error) {
    const isTheOutput =
      error instanceof RepartitionError &&
      ['metadata', 'mismatch', 'parquet', 'not-found'].includes(error.code);
    if (!isTheOutput) throw error;
    return { aligned: false, reason: `${published} fails verification (${error.message})` };
  }
}
