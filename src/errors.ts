/**
 * What went wrong, as a stable word a program can switch on.
 *
 * - `usage`: the command line or the options are wrong
 * - `not-found`: a file, bucket or prefix that must exist does not
 * - `access`: reading or writing was refused (permissions, credentials)
 * - `metadata`: metadata.json cannot be understood or contradicts itself
 * - `mismatch`: the files and the metadata, or two data sets of one type, disagree
 * - `parquet`: a file is not Parquet, is damaged, or uses something we refuse to guess about
 * - `changed`: an input changed while we were working
 * - `storage`: the disk or S3 failed (full disk, network, throttling past the last retry)
 * - `aws`: a service of AWS other than S3 failed, refused a request, or holds something that is in the way
 * - `job`: a job upstream failed, was cancelled, or ended without what it was started for
 * - `interrupted`: somebody asked us to stop
 */
export type ErrorCode =
  | 'usage'
  | 'not-found'
  | 'access'
  | 'metadata'
  | 'mismatch'
  | 'parquet'
  | 'changed'
  | 'storage'
  | 'aws'
  | 'job'
  | 'interrupted';

/** An error as plain JSON: what crosses a worker's boundary and what the status document shows. */
export interface ErrorReport {
  code: ErrorCode;
  message: string;
  hint?: string;
}

/**
 * The one error a user is meant to read: a line that says what and where, and a hint that says what to do.
 * Anything else that reaches the top is a bug of ours and is shown as one.
 */
export class RepartitionError extends Error {
  override readonly name = 'RepartitionError';
  readonly code: ErrorCode;
  /** What the reader can do about it, as a full sentence. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }

  toReport(): ErrorReport {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
    };
  }

  static fromReport(report: ErrorReport): RepartitionError {
    return new RepartitionError(
      report.code,
      report.message,
      report.hint === undefined ? {} : { hint: report.hint },
    );
  }
}

/** Throws the `interrupted` error when `signal` has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interrupted();
}

/** The error every long-running call ends with when its signal fires. */
export function interrupted(): RepartitionError {
  return new RepartitionError('interrupted', 'stopped before the end; nothing was published', {
    hint: 'Run the same command again: finished parts are kept and the rest is done.',
  });
}
