/** Tasks, wherever they run: open the slices' parts, rewrite them as one, put the result in place. */
import { RepartitionError } from '../../errors.js';
import { readFooter } from '../../parquet/footer.js';
import { rewrite } from '../../parquet/rewrite.js';
import type { ParquetSegment } from '../../parquet/segments.js';
import type { SourceFile } from '../../parquet/source-file.js';
import type { CallOptions, Segment, Storage } from '../../storage/storage.js';
import type { Slice, Task, TaskResult } from '../model.js';
import { nameInFooter } from '../part-name.js';
import { partReader, type ReadOptions } from '../part-reader.js';
import type { Turns } from './turns.js';

/** Parts held open at a time: their footers, and of small parts all bytes. */
const OPEN_PARTS = 128;

type OpenPart = (slice: Slice) => Promise<SourceFile>;

/**
 * @returns makes a task's part. It appears under its name whole or not at all.
 *   Throws RepartitionError `changed` when a source is no longer what was planned with; `parquet`, `storage`, …
 */
export function taskRunner(
  storage: Storage,
  options: ReadOptions,
  turns: Turns,
): (task: Task) => Promise<TaskResult> {
  const open = openParts(storage, options);
  return async (task) => {
    // A part that is written and only synced holds nothing, so another may have its turn.
    const { part } = await turns.whole(
      task,
      () =>
        new Promise<{ part: Promise<TaskResult> }>((resolve) => {
          const onWritten = (): void => resolve({ part });
          const how = { ...options, onWritten };
          const part = runTask(storage, task, { open, reading: turns.reading }, how);
          part.then(onWritten, onWritten);
        }),
    );
    return part;
  };
}

async function runTask(
  storage: Storage,
  task: Task,
  parts: { open: OpenPart; reading: Turns['reading'] },
  options: CallOptions & { onWritten: () => void },
): Promise<TaskResult> {
  const { id, slices, output } = task;
  const open = (source: number): Promise<SourceFile> => parts.open(slices[source]!);
  const rows = slices.map(({ from, to }, source) => ({ source, from, to }));
  const rewritten = await parts.reading(task, () =>
    rewrite(open, rows as [(typeof rows)[0], ...typeof rows], task.keys, {
      method: task.method,
      smallestCopy: storage.profile.smallestCopy,
      part: nameInFooter(output),
    }),
  );
  if (rewritten.method === 're-encode') {
    const { size, version } = await storage.write(output, rewritten.chunks, { ...options, keepSame: true });
    return { id, output, size, version, method: 're-encode', copiedBytes: 0, writtenBytes: size };
  }
  const segments = rewritten.segments.splice(0).map((segment) => placed(segment, slices));
  const onWritten = (): void => {
    // What waits must not hold the bytes of a part: many wait at a time.
    segments.length = 0;
    options.onWritten();
  };
  const { size, version } = await storage.compose(output, segments, {
    ...options,
    keepSame: true,
    onWritten,
  });
  if (size !== rewritten.size) {
    throw new RepartitionError(
      'storage',
      `${storage.describe(output)}: ${size} bytes where ${rewritten.size} belong`,
      { operation: 'write', path: storage.describe(output), part: output },
    );
  }
  const { copiedBytes } = rewritten;
  return { id, output, size, version, method: 'splice', copiedBytes, writtenBytes: size - copiedBytes };
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
