/** The first `length` bytes of what somebody lends, itself if it has no more; undefined when it has too few. */
export function roomFor(length: number, lent: Uint8Array | undefined): Uint8Array | undefined {
  if (lent === undefined || lent.byteLength < length) return undefined;
  return lent.byteLength === length ? lent : lent.subarray(0, length);
}
