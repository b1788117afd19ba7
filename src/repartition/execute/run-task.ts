/** Tasks, wherever they run: open the slices' parts, rewrite them as one, put the result in place. */
import { RepartitionError } from '../../errors.js';
import type { Holding, Memory } from '../../memory.js';
import { readFooter } from '../../parquet/footer.js';
import { rewrite } from '../../parquet/rewrite.js';
import type { ParquetSegment } from '../../parquet/segments.js';
import type { SourceFile } from '../../parquet/source-file.js';
import { LostWrite } from '../../storage/lost-write.js';
import type { CallOptions, Segment, Storage, StorageProfile, WrittenStat } from '../../storage/storage.js';
import { countingRequests } from '../../storage/tally.js';
import type { Slice, Task, TaskDetails, TaskResult } from '../model.js';
import { nameInFooter } from '../part-name.js';
import { partReader, type ReadOptions } from '../part-reader.js';
import { Admission, TASK_BYTES } from './admission.js';
import { Account, type Told } from './account.js';
import { bytesOf, type Turns } from './turns.js';

/** Parts held open at a time: their footers, and of small parts all bytes. */
const OPEN_PARTS = 64;

/** How often a part is made whose writing somebody has ended. */
const TRIES = 3;
/** What a task holds that only waits for its storage. */
const WAITING_BYTES = 128 * 1024;

type OpenPart = (slice: Slice) => Promise<SourceFile>;

/**
 * @returns makes a task's part. It appears under its name whole or not at all.
 *   Throws RepartitionError `changed` when a source is no longer what was planned with; `parquet`, `storage`, …
 */
export function taskRunner(
  storage: Storage,
  { tally, withDetails, ...options }: CallOptions & Told & { memory: Memory },
  turns: Turns,
): (task: Task) => Promise<TaskResult> {
  const admission = new Admission(options.memory);
  const open = openParts(storage, options);
  return async (task) => {
    for (let attempt = 1; ; attempt++) {
      const account = new Account(tally, task);
      const make = (mayGoOn: () => void): Promise<TaskResult> =>
        admission.run(
          async (holding) => {
            const started = performance.now();
            account.begin();
            const onWritten = (): void => {
              account.written();
              mayGoOn();
            };
            const how = { open, reading: turns.reading, holding, account, onWritten };
            const run = (): Promise<TaskResult> => runTask(storage, task, how, options);
            const result = await (withDetails ? inDetail(task, run) : run());
            return { ...result, seconds: (performance.now() - started) / 1000 };
          },
          heldBy(task, storage.profile),
        );
      try {
        // A part that is written and only waited for may give its turn to another.
        const { part } = await turns.whole(() => untilWritten(make));
        const result = await part;
        account.settle(result.size);
        return result;
      } catch (error) {
        account.takeBack();
        if (!(error instanceof LostWrite) || attempt >= TRIES) throw error;
      }
    }
  };
}

/** Bytes that a task will hold: what is made again goes up as a stream, of which no more is held than the part has. */
function heldBy(task: Task, { streamBytes = 0 }: StorageProfile): number {
  return task.method === 'splice' ? TASK_BYTES : Math.max(TASK_BYTES, Math.min(streamBytes, bytesOf(task)));
}

async function inDetail({ slices }: Task, run: () => Promise<TaskResult>): Promise<TaskResult> {
  const { result, requests } = await countingRequests(run);
  const sources = slices.map(({ path, from, to }) => ({ path, from, to }));
  const details: TaskDetails = { sources, requests };
  return { ...result, details };
}

/** Resolves when the part is written, or has come to its end. */
function untilWritten<T>(make: (onWritten: () => void) => Promise<T>): Promise<{ part: Promise<T> }> {
  return new Promise((resolve) => {
    const onWritten = (): void => resolve({ part });
    const part = make(onWritten);
    part.then(onWritten, onWritten);
  });
}

/** How a part is made. */
interface Making {
  open: OpenPart;
  reading: Turns['reading'];
  /** What is counted for it. */
  holding: Holding;
  account: Account;
  onWritten: () => void;
}

async function runTask(
  storage: Storage,
  task: Task,
  { holding, ...parts }: Making,
  options: CallOptions,
): Promise<TaskResult> {
  const { id, slices, output } = task;
  const onBytes = (bytes: number): void => parts.account.add(bytes);
  const open = (source: number): Promise<SourceFile> => parts.open(slices[source]!);
  const rows = slices.map(({ from, to }, source) => ({ source, from, to }));
  const rewritten = await parts.reading(() =>
    rewrite(open, rows as [(typeof rows)[0], ...typeof rows], task.keys, {
      method: task.method,
      smallestCopy: storage.profile.smallestCopy,
      part: nameInFooter(output),
    }),
  );
  if (rewritten.method === 're-encode') {
    const written = await storage.write(output, rewritten.chunks, {
      ...options,
      keepSame: true,
      onWritten: parts.onWritten,
      onBytes,
    });
    const done = { id, ...identityOf(written), output };
    return { ...done, method: 're-encode', copiedBytes: 0, writtenBytes: written.size };
  }
  holding.set(bytesInHand(rewritten.segments));
  const segments = rewritten.segments.splice(0).map((segment) => placed(segment, slices));
  const onWritten = (): void => {
    // What waits must not hold the bytes of a part: many wait at a time.
    segments.length = 0;
    holding.set(WAITING_BYTES);
    parts.onWritten();
  };
  const composed = await storage.compose(output, segments, {
    ...options,
    keepSame: true,
    onWritten,
    onBytes,
  });
  const { size } = composed;
  if (size !== rewritten.size) {
    throw new RepartitionError(
      'storage',
      `${storage.describe(output)}: ${size} bytes where ${rewritten.size} belong`,
      { operation: 'write', path: storage.describe(output), part: output },
    );
  }
  const { copiedBytes } = rewritten;
  const done = { id, ...identityOf(composed), output };
  return { ...done, method: 'splice', copiedBytes, writtenBytes: size - copiedBytes };
}

function identityOf({
  size,
  version,
  crc64nvme,
}: WrittenStat): Pick<TaskResult, 'size' | 'version' | 'crc64nvme'> {
  return { size, version, ...(crc64nvme !== undefined && { crc64nvme }) };
}

function bytesInHand(segments: readonly ParquetSegment[]): number {
  return segments.reduce(
    (sum, segment) => sum + (segment.kind === 'bytes' ? segment.bytes.byteLength : 0),
    0,
  );
}

function placed(segment: ParquetSegment, slices: readonly Slice[]): Segment {
  if (segment.kind === 'bytes') return segment;
  const { path, version } = slices[segment.source]!;
  return { kind: 'copy', path, version, start: segment.start, end: segment.end };
}

/** Opens the parts of slices; the most recently used stay open. */
function openParts(storage: Storage, options: ReadOptions): OpenPart {
  const open = new Map<string, Promise<SourceFile>>();
  const openPart = async (slice: Slice): Promise<SourceFile> => {
    const reader = partReader(storage, slice, options);
    return { reader, footer: await readFooter(reader) };
  };
  return (slice) => {
    // Of a version there is one: others are refused when they are read.
    const opened = open.get(slice.path) ?? openPart(slice);
    open.delete(slice.path);
    open.set(slice.path, opened);
    for (const oldest of open.keys()) {
      if (open.size <= OPEN_PARTS) break;
      open.delete(oldest);
    }
    return opened;
  };
}
