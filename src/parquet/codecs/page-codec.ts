/** A codec for the bodies of pages. */
export interface PageCodec {
  /** @throws CodecError unless the result has exactly `size` bytes */
  decompress(bytes: Uint8Array, size: number): Uint8Array;
  compress(bytes: Uint8Array): Uint8Array;
}
