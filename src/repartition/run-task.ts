/** One task, wherever it runs: open the slices' parts, rewrite them as one, put the result in place. */
import { RepartitionError } from '../errors.js';
import { type ParquetSegment, readFooter, rewrite, type SpliceSource } from '../parquet/index.js';
import type { CallOptions, Segment, Storage } from '../storage/storage.js';
import type { Slice, Task, TaskResult } from './model.js';
import { partReader } from './part-reader.js';

/** Open parts that a task holds at a time: their footers, and of small parts all bytes. */
const OPEN_PARTS = 128;

/**
 * Makes the task's part. It appears under its name whole or not at all.
 * @throws RepartitionError `changed` when a source is no longer what was planned with; `parquet`, `storage`, …
 */
export async function runTask(storage: Storage, task: Task, options: CallOptions): Promise<TaskResult> {
  const { slices, output } = task;
  const open = sourceCache(storage, slices, options);
  const rows = slices.map(({ from, to }, source) => ({ source, from, to }));
  const rewritten = await rewrite(open, rows as [(typeof rows)[0], ...typeof rows], task.keys);
  if (rewritten.method === 're-encode') {
    const { size } = await storage.write(output, rewritten.chunks, options);
    return { output, size, method: 're-encode', copiedBytes: 0, writtenBytes: size };
  }
  const segments = rewritten.segments.map((segment) => placed(segment, slices));
  const { size } = await storage.compose(output, segments, options);
  if (size !== rewritten.size) {
    throw new RepartitionError(
      'storage',
      `${storage.describe(output)}: ${size} bytes where ${rewritten.size} belong`,
    );
  }
  const { copiedBytes } = rewritten;
  return { output, size, method: 'splice', copiedBytes, writtenBytes: size - copiedBytes };
}

function placed(segment: ParquetSegment, slices: readonly Slice[]): Segment {
  if (segment.kind === 'bytes') return segment;
  const { path, version } = slices[segment.source]!;
  return { kind: 'copy', path, version, start: segment.start, end: segment.end };
}

/** Opens the parts of slices; the most recently used stay open. */
function sourceCache(
  storage: Storage,
  slices: readonly Slice[],
  options: CallOptions,
): (source: number) => Promise<SpliceSource> {
  const open = new Map<number, Promise<SpliceSource>>();
  return (source) => {
    const opened = open.get(source) ?? openPart(storage, slices[source]!, options);
    open.delete(source);
    open.set(source, opened);
    for (const oldest of open.keys()) {
      if (open.size <= OPEN_PARTS) break;
      open.delete(oldest);
    }
    return opened;
  };
}

async function openPart(storage: Storage, slice: Slice, options: CallOptions): Promise<SpliceSource> {
  const reader = partReader(storage, slice, options);
  return { reader, footer: await readFooter(reader) };
}
