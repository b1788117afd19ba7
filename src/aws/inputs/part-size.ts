/** Into which parts files are uploaded, and into which an ETag says that they were. Pure. */

const MIB = 1024 ** 2;
/** The AWS command line's: what it has uploaded has the ETags that we would give it. */
const USUAL_PART = 8 * MIB;
const MOST_PARTS = 10_000;

/**
 * Bytes of each part but the last: 8 MiB, doubled until 10,000 parts are enough, as the AWS command line does.
 * @param size bytes of the file
 */
export function partSizeFor(size: number): number {
  let partSize = USUAL_PART;
  while (partSize * MOST_PARTS < size) partSize *= 2;
  return partSize;
}

/**
 * The part sizes that may be behind an ETag; none where it is no MD5, or of parts that nobody we know of makes.
 * @param etag without quotes
 * @returns bytes; Infinity for an object that was put in one piece
 */
export function partSizesBehind(etag: string, size: number): number[] {
  const [, isMd5, parts] = /^([0-9a-f]{32})(?:-(\d+))?$/.exec(etag) ?? [];
  if (isMd5 === undefined) return [];
  if (parts === undefined) return [Infinity];
  const known = [partSizeFor(size), ...[5, 16, 32, 64, 128].map((mib) => mib * MIB)];
  return known.filter((partSize) => Math.max(1, Math.ceil(size / partSize)) === Number(parts));
}
