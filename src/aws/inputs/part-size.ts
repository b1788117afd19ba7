/** Into which parts files are uploaded, and into which an ETag says that they were. Pure. */

const MIB = 1024 ** 2;
const USUAL_PART = 8 * MIB;
/** Larger ones only where there would be too many: they are held in memory. */
const LARGEST_USUAL_PART = 32 * MIB;
/** versitygw writes the sizes of all parts into an attribute of the file, which ext4 refuses from some 700 on. */
const FEW_PARTS = 512;
const MOST_PARTS = 10_000;

/**
 * Bytes of each part but the last: 8 MiB, doubled while there are more than 512, up to 32 MiB; and then until 10,000
 * parts are enough.
 * @param size bytes of the file
 */
export function partSizeFor(size: number): number {
  let partSize = USUAL_PART;
  while (partSize < LARGEST_USUAL_PART && partSize * FEW_PARTS < size) partSize *= 2;
  return enoughFor(size, partSize);
}

/** Whether its parts are as small as can be, so that there is memory for those of another file beside them. */
export function hasUsualParts(size: number): boolean {
  return partSizeFor(size) === USUAL_PART;
}

/** 8 MiB, doubled until 10,000 parts are enough. */
function partSizeOfAwsCli(size: number): number {
  return enoughFor(size, USUAL_PART);
}

function enoughFor(size: number, least: number): number {
  let partSize = least;
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
  const known = new Set([
    partSizeFor(size),
    partSizeOfAwsCli(size),
    ...[5, 16, 32, 64, 128].map((mib) => mib * MIB),
  ]);
  return [...known].filter((partSize) => Math.max(1, Math.ceil(size / partSize)) === Number(parts));
}
