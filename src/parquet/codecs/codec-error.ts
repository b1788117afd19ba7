/** A body that does not decompress to what its header says. */
export class CodecError extends Error {
  override readonly name: string = 'CodecError';
}

/** A codec whose pages can be copied but not opened. */
export class UnknownCodec extends CodecError {}

/** @throws CodecError, with the reason in words */
export function refuse(reason: string): never {
  throw new CodecError(`the data do not decompress (${reason})`);
}
