/** Which server-side copies an alignment asked for, from the requests that the proxy saw. Pure. */
import type { ProxiedRequest } from '../../test/s3/proxy.js';

/** The copies that make one new object. */
export interface UploadOfCopies {
  key: string;
  copies: { source: string; range: string }[];
}

/**
 * @param seen requests of a run that finished without retries
 * @param rename the key of an object's twin, so that the copies disturb nothing
 */
export function copiesOf(seen: readonly ProxiedRequest[], rename: (key: string) => string): UploadOfCopies[] {
  const uploads = new Map<string, UploadOfCopies>();
  for (const { operation, path, headers } of seen) {
    const [source, range] = [headers['x-amz-copy-source'], headers['x-amz-copy-source-range']];
    if (operation !== 'UploadPartCopy' || typeof source !== 'string' || typeof range !== 'string') continue;
    const key = rename(path.slice(path.indexOf('/') + 1));
    const upload = uploads.get(key) ?? { key, copies: [] };
    upload.copies.push({ source, range });
    uploads.set(key, upload);
  }
  return [...uploads.values()];
}

/** Bytes of `bytes=FIRST-LAST`. @throws RangeError for anything else */
export function rangeLength(range: string): number {
  const match = /^bytes=(\d+)-(\d+)$/.exec(range);
  if (!match) throw new RangeError(`not a range: ${range}`);
  return Number(match[2]) - Number(match[1]) + 1;
}
