/** Input tables and their configuration to the input prefix: what is there already stays, the configuration goes last. */
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import pMap from 'p-map';
import { messageOf, RepartitionError, throwIfAborted } from '../../errors.js';
import { parseS3Url } from '../../s3/keys.js';
import type { Bucket } from '../bucket.js';
import { usage } from '../errors.js';
import { configName } from '../names.js';
import type { Log } from '../persist.js';
import type { Step } from '../requests.js';
import type { AwsSession } from '../session.js';
import { checksumDigest, digestsOf, etagDigest } from './digests.js';
import { filesUnder, type LocalFile, reading } from './local-files.js';
import type { ListedObject } from './objects.js';
import { hasUsualParts, partSizeFor, partSizesBehind } from './part-size.js';
import { missingTables, tablesOf } from './tables.js';

/** What is uploaded, and where. */
export interface UploadOptions {
  /** The folder of the tables and their configuration. */
  from: string;
  /** `s3://bucket/prefix` */
  inputPrefix: string;
  /** The configuration, under the folder. It is uploaded last, and the tables that it names are looked for. */
  configFilename?: string | undefined;
}

/** How far an upload is. A file that need not be uploaded counts when that is known. */
export interface UploadProgress {
  done: number;
  total: number;
  bytes: number;
  totalBytes: number;
}

/** How {@link uploadInputs} goes about it. */
export interface UploadCallOptions {
  /** Look and compare, but upload nothing. */
  dryRun?: boolean | undefined;
  /** Told of each file before it is uploaded; in a dry run, of each that would be. */
  onStep?: ((step: Step) => void) | undefined;
  onProgress?: ((progress: UploadProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
  log?: Log | undefined;
}

/** What was uploaded; in a dry run, what would be. */
export interface UploadResult {
  inputPrefix: string;
  uploaded: { files: number; bytes: number };
  /** Files that were there already, byte for byte. */
  there: { files: number; bytes: number };
  steps: Step[];
  warnings: string[];
}

/** Files looked at, and small files sent, side by side. */
const FILES_AT_ONCE = 8;
/** Large files side by side: each has several parts in flight, and those of very large ones are large too. */
const LARGE_FILES_AT_ONCE = 2;
const VERY_LARGE_FILES_AT_ONCE = 1;
const LARGEST_CONFIGURATION = 64 * 1024 ** 2;

/**
 * Uploads what is new or has changed. A file is there already when the object has its size and its checksum. Nothing is
 * ever removed. A call that is stopped, or fails, is resumed by the same call: files that arrived are there already.
 * @throws RepartitionError `usage`, `not-found`, `access`, `storage`, `interrupted`, or `changed` when a file is written to
 *   meanwhile
 *
 * @example
 * ```ts no-run
 * import { AwsSession, uploadInputs } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession();
 * const { uploaded, there } = await uploadInputs(session, {
 *   from: 'tables',
 *   inputPrefix: 's3://graphs/tables',
 *   configFilename: 'config.json',
 * });
 * console.log(`${uploaded.files} uploaded, ${there.files} were there`);
 * ```
 */
export async function uploadInputs(
  session: AwsSession,
  options: UploadOptions,
  call: UploadCallOptions = {},
): Promise<UploadResult> {
  const { signal } = call;
  const { bucket: name, prefix } = parseS3Url(options.inputPrefix);
  const folder = prefix === '' ? '' : `${prefix}/`;
  const files = await filesUnder(options.from, signal);
  const bucket = await session.bucket(name, signal);
  try {
    const { objectsIn } = await import('./objects.js');
    const listed = await objectsIn(bucket, folder, signal);
    const warnings = await checkConfiguration(options, files, listed);
    for (const warning of warnings) call.log?.warn(warning);

    const counted = counter(files, call);
    const changed = await pMap(
      files,
      async (local) => {
        const isThere = await isSame(bucket, folder + local.path, local, listed.get(local.path), signal);
        if (isThere) counted.done(local);
        return isThere ? [] : [local];
      },
      { concurrency: FILES_AT_ONCE },
    );
    const stages = stagesOf(changed.flat(), options.configFilename);
    const todo = stages.flatMap((stage) => stage.files);
    const steps = new Map(
      todo.map((local) => [local, stepFor(name, folder, local, listed.has(local.path))] as const),
    );
    for (const stage of stages) {
      await forAll(stage, signal, async (local, stageSignal) => {
        call.onStep?.(steps.get(local)!);
        if (call.dryRun) return;
        const { sendFile } = await import('./objects.js');
        const onBytes = (bytes: number): void => counted.sent(local, bytes);
        await sendFile(bucket, folder + local.path, local, { signal: stageSignal, onBytes, log: call.log });
        counted.done(local);
      });
    }
    const there = files.filter((local) => !steps.has(local));
    return {
      inputPrefix: bucket.url(prefix),
      uploaded: amountOf(todo),
      there: amountOf(there),
      steps: [...steps.values()],
      warnings,
    };
  } finally {
    bucket.close();
  }
}

interface Stage {
  files: LocalFile[];
  atOnce: number;
}

/** Small files, large ones, very large ones, and then the configuration: who finds it finds all that it names. */
function stagesOf(files: readonly LocalFile[], configFilename: string | undefined): Stage[] {
  const isSmall = ({ size }: LocalFile): boolean => size <= partSizeFor(size);
  const isVeryLarge = ({ size }: LocalFile): boolean => !hasUsualParts(size);
  const isLast = ({ path }: LocalFile): boolean =>
    configFilename !== undefined && path === configName(configFilename);
  const others = files.filter((one) => !isLast(one));
  const large = others.filter((one) => !isSmall(one));
  return [
    { files: others.filter(isSmall), atOnce: FILES_AT_ONCE },
    { files: large.filter((one) => !isVeryLarge(one)), atOnce: LARGE_FILES_AT_ONCE },
    { files: large.filter(isVeryLarge), atOnce: VERY_LARGE_FILES_AT_ONCE },
    { files: files.filter(isLast), atOnce: 1 },
  ];
}

/** When one fails, the others are stopped and waited for: each leaves nothing open. */
async function forAll(
  { files, atOnce }: Stage,
  signal: AbortSignal | undefined,
  work: (local: LocalFile, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const failures: unknown[] = [];
  await pMap(
    files,
    async (local) => {
      if (either.aborted) return;
      try {
        await work(local, either);
      } catch (error) {
        failures.push(error);
        stop.abort();
      }
    },
    { concurrency: atOnce },
  );
  if (failures.length > 0) throw failures[0];
  throwIfAborted(signal);
}

/** The bytes of a file against what S3 says of the object's: its ETag, which the list told, or else its checksum. */
async function isSame(
  bucket: Bucket,
  key: string,
  local: LocalFile,
  listed: ListedObject | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (listed?.size !== local.size) return false;
  const etags = partSizesBehind(listed.etag, local.size).map(etagDigest);
  if ((await digestsOf(local.file, etags, signal)).includes(listed.etag)) return true;
  const { digestsAt } = await import('./objects.js');
  const checksum = (await digestsAt(bucket, key, signal))?.checksum;
  if (checksum === undefined) return false;
  const [value] = await digestsOf(local.file, [checksumDigest(checksum.name)], signal);
  return value === checksum.value;
}

function stepFor(Bucket: string, folder: string, local: LocalFile, isThere: boolean): Step {
  const { path, size, file: source } = local;
  const input = { Bucket, Key: folder + path };
  const partSize = partSizeFor(size);
  return {
    title: `upload ${path}, ${isThere ? 'which has changed' : 'which is new'}`,
    request:
      size <= partSize
        ? { service: 's3', operation: 'PutObject', input, source }
        : {
            service: 's3',
            operation: 'CreateMultipartUpload',
            input,
            source,
            parts: Math.ceil(size / partSize),
          },
  };
}

/**
 * Looks whether the configuration is there and is JSON, and for the tables that it names.
 * @returns what is missing, as warnings: it may be that a job does without
 * @throws RepartitionError `not-found`, `usage`
 */
async function checkConfiguration(
  { from, configFilename, inputPrefix }: UploadOptions,
  files: readonly LocalFile[],
  listed: ReadonlyMap<string, ListedObject>,
): Promise<string[]> {
  if (files.length === 0) throw usage(`there are no files in ${from}`, 'Give the folder of the tables.');
  if (configFilename === undefined) return [];
  if (isAbsolute(configFilename)) {
    throw usage(
      `the configuration ${configFilename} is an absolute path`,
      '`configFilename` is relative to the folder of the tables.',
    );
  }
  const local = files.find(({ path }) => path === configName(configFilename));
  if (local === undefined) {
    throw new RepartitionError('not-found', `there is no configuration at ${join(from, configFilename)}`, {
      hint: '`configFilename` is relative to the folder of the tables.',
    });
  }
  const paths = new Set([...files.map(({ path }) => path), ...listed.keys()]);
  return missingTables(tablesOf(await readConfiguration(local)), paths).map(
    (table) => `${configFilename} names ${table}, which is neither in ${from} nor under ${inputPrefix}`,
  );
}

async function readConfiguration({ file, size }: LocalFile): Promise<unknown> {
  if (size > LARGEST_CONFIGURATION) {
    throw usage(`the configuration ${file} has ${size} bytes`, 'Give GSProcessing’s configuration file.');
  }
  try {
    return JSON.parse(await reading(file, () => readFile(file, 'utf8'))) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw usage(`the configuration ${file} is no JSON: ${messageOf(error)}`, 'Correct it.');
  }
}

function amountOf(files: readonly LocalFile[]): { files: number; bytes: number } {
  return { files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}

interface Counter {
  sent(local: LocalFile, bytes: number): void;
  done(local: LocalFile): void;
}

function counter(files: readonly LocalFile[], { onProgress }: UploadCallOptions): Counter {
  const { files: total, bytes: totalBytes } = amountOf(files);
  const underWay = new Map<LocalFile, number>();
  let [done, bytes] = [0, 0];
  const tell = (): void => {
    const partly = [...underWay.values()].reduce((sum, one) => sum + one, 0);
    onProgress?.({ done, total, bytes: bytes + partly, totalBytes });
  };
  tell();
  return {
    sent(local, so) {
      underWay.set(local, so);
      tell();
    },
    done(local) {
      underWay.delete(local);
      done++;
      bytes += local.size;
      tell();
    },
  };
}
