/** A codec for the bodies of pages. */
export interface PageCodec {
  /**
   * @param into where the result may be put, `size` bytes: then what comes back shares its memory
   * @throws CodecError unless the result has exactly `size` bytes
   */
  decompress(bytes: Uint8Array, size: number, into?: Uint8Array): Uint8Array;
  compress(bytes: Uint8Array): Uint8Array;
}
