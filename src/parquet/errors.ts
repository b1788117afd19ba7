import { RepartitionError } from '../errors.js';
import { MemoryError } from '../memory.js';
import { CodecError, UnknownCodec } from './codec.js';
import { EncodingError } from './hybrid.js';
import { ThriftError } from './thrift.js';

/** A `parquet` error that says which file, and what to do about a file we can't read. */
export function damaged(file: string, what: string, cause?: unknown): RepartitionError {
  return new RepartitionError('parquet', `${file}: ${what}`, {
    hint: 'Write the file again, or restore it from where it came.',
    path: file,
    cause,
  });
}

/** A `parquet` error for what is valid Parquet but must not be copied by guesswork. */
export function unsupported(file: string, what: string, hint: string): RepartitionError {
  return new RepartitionError('parquet', `${file}: ${what}`, { hint, path: file });
}

/**
 * What a user is told of an error that came up while bytes of `file` were taken apart. Errors that are not about the
 * bytes pass as they are.
 * @param where inside the file, if that is known
 */
export function explainDamage(file: string, where: string | undefined, error: unknown): unknown {
  const prefix = where === undefined ? '' : `${where}: `;
  if (error instanceof UnknownCodec) {
    return unsupported(
      file,
      prefix + error.message,
      'Write the data set with snappy, gzip, zstd, brotli, lz4 or none.',
    );
  }
  if (error instanceof MemoryError) {
    return unsupported(
      file,
      prefix + error.message,
      `Allow the process more: \`memory\` of ${error.allowance} will do.`,
    );
  }
  if (error instanceof ThriftError || error instanceof CodecError || error instanceof EncodingError) {
    return damaged(file, prefix + error.message, error);
  }
  return error;
}
