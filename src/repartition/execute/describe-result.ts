/** A made part as the log shows it. */
import type { Storage } from '../../storage/storage.js';
import type { TaskDetails, TaskResult } from '../model.js';

/** Of a part that is made of very many. */
const MOST_SOURCES = 8;

/**
 * `spliced /data/graph/…/part-0.parquet from part-3.parquet rows 0–100, part-4.parquet rows 0–20: 1048576 bytes (1040000
 * copied, 8576 written), 312 ms`
 */
export function describeResult(storage: Storage, result: TaskResult): string {
  const { output, method, size, copiedBytes, writtenBytes, seconds, details } = result;
  const did = `${method === 'splice' ? 'spliced' : 're-encoded'} ${storage.describe(output)}`;
  const bytes = `${size} bytes (${copiedBytes} copied, ${writtenBytes} written)`;
  const took = seconds === undefined ? '' : `, ${Math.round(seconds * 1000)} ms`;
  if (!details) return `${did}: ${bytes}${took}`;
  const { sources, requests } = details;
  const sent = requests > 0 ? `, ${requests} request${requests === 1 ? '' : 's'}` : '';
  return `${did} from ${describeSources(sources)}: ${bytes}${sent}${took}`;
}

function describeSources(sources: TaskDetails['sources']): string {
  const named = sources
    .slice(0, MOST_SOURCES)
    .map(({ path, from, to }) => `${path.slice(path.lastIndexOf('/') + 1)} rows ${from}–${to}`);
  const more = sources.length - named.length;
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
}
