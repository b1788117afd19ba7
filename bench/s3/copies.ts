/** Which server-side copies an alignment asked for, from the requests that the proxy saw. Pure. */
import type { ProxiedRequest } from '../../test/s3/proxy.js';

/** The copies that make one new object, in the order of its bytes. */
export interface UploadOfCopies {
  key: string;
  copies: Copy[];
}

export interface Copy {
  source: string;
  range: string;
}

/**
 * The parts of a new object that the server copied. What we uploaded between them is left out, so that an object is
 * shorter; it is an upload that S3 takes all the same, for a copy shorter than 5 MiB is always an object's last part.
 * @param seen requests of a run that finished without retries, in the order in which they were sent, which is not that of
 * the bytes. What was asked for last under a part's number is that part: before, servers are tried with a byte.
 * @param rename the key of an object's twin, so that the copies disturb nothing
 */
export function copiesOf(seen: readonly ProxiedRequest[], rename: (key: string) => string): UploadOfCopies[] {
  const objects = new Map<string, Map<number, Copy>>();
  for (const { operation, path, url, headers } of seen) {
    if (operation !== 'UploadPart' && operation !== 'UploadPartCopy') continue;
    const key = rename(path.slice(path.indexOf('/') + 1));
    const parts = objects.get(key) ?? new Map<number, Copy>();
    objects.set(key, parts);
    const number = Number(new URL(url, 'http://server').searchParams.get('partNumber'));
    const [source, range] = [headers['x-amz-copy-source'], headers['x-amz-copy-source-range']];
    if (typeof source === 'string' && typeof range === 'string') parts.set(number, { source, range });
    else parts.delete(number);
  }
  return [...objects]
    .filter(([, parts]) => parts.size > 0)
    .map(([key, parts]) => ({
      key,
      copies: [...parts].sort(([a], [b]) => a - b).map(([, copy]) => copy),
    }));
}

/** Bytes of `bytes=FIRST-LAST`. @throws RangeError for anything else */
export function rangeLength(range: string): number {
  const match = /^bytes=(\d+)-(\d+)$/.exec(range);
  if (!match) throw new RangeError(`not a range: ${range}`);
  return Number(match[2]) - Number(match[1]) + 1;
}
