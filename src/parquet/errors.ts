import { RepartitionError } from '../errors.js';

/** A `parquet` error that says which file, and what to do about a file we can't read. */
export function damaged(file: string, what: string, cause?: unknown): RepartitionError {
  return new RepartitionError('parquet', `${file}: ${what}`, {
    hint: 'Write the file again, or restore it from where it came.',
    cause,
  });
}

/** A `parquet` error for what is valid Parquet but must not be copied by guesswork. */
export function unsupported(file: string, what: string, hint: string): RepartitionError {
  return new RepartitionError('parquet', `${file}: ${what}`, { hint });
}
