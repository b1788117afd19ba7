/**
 * What went wrong, as a stable word a program can switch on.
 *
 * - `usage`: the command line or the options are wrong
 * - `not-found`: a file, bucket or prefix that must exist does not
 * - `access`: reading or writing was refused (permissions, credentials)
 * - `metadata`: metadata.json cannot be understood or contradicts itself
 * - `mismatch`: the files and the metadata, or two data sets of one type, disagree
 * - `parquet`: a file is not Parquet, is damaged, or uses something we refuse to guess about
 * - `changed`: an input or an output changed while we were working
 * - `storage`: the disk or S3 failed (full disk, network, throttling past the last retry)
 * - `limit`: the process may not have what it needs: memory, threads, open files
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
  | 'limit'
  | 'aws'
  | 'job'
  | 'interrupted';

/** What was being done, and to what. Whoever knows one of these says it; the command line makes one line of all. */
export interface ErrorContext {
  operation?: 'open' | 'list' | 'read' | 'write' | undefined;
  /** The file or object as a person would write it, with its folder or bucket. */
  path?: string | undefined;
  /** The data set it belongs to, as messages call it: `node_data of user, age`. */
  dataSet?: string | undefined;
  /** The part's path relative to the prefix. */
  part?: string | undefined;
}

/** An error as plain JSON: what `--json` prints and the status document shows. */
export interface ErrorReport extends ErrorContext {
  code: ErrorCode;
  message: string;
  hint?: string;
}

/** Any error as plain data that crosses a thread's boundary, where cloning would strip it of all but its message. */
export interface ErrorMessage {
  name: string;
  message: string;
  stack?: string | undefined;
  /** Of a RepartitionError. */
  report?: ErrorReport;
  cause?: ErrorMessage;
}

/** What an error is made with, beside its code and message. */
export interface ErrorDetails extends ErrorContext {
  hint?: string | undefined;
  cause?: unknown;
}

/**
 * The one error a user is meant to read: a line that says what and where, and a hint that says what to do.
 * Anything else that reaches the top is a bug of ours and is shown as one.
 *
 * Messages and hints call an option by the name that a program gives it, in backquotes: `numOutputFiles`. The command
 * line shows it as it is typed there (`src/cli/failure.ts`).
 *
 * @example
 * ```ts
 * import { RepartitionError } from 'gs-repartition';
 *
 * const error = new RepartitionError('not-found', '/data/graph/metadata.json does not exist', {
 *   operation: 'read',
 *   path: '/data/graph/metadata.json',
 * });
 * console.log(error.code, error.path);
 * // not-found /data/graph/metadata.json
 * ```
 */
export class RepartitionError extends Error implements ErrorContext {
  override readonly name = 'RepartitionError';
  readonly code: ErrorCode;
  /** What the reader can do about it, as a full sentence. */
  readonly hint: string | undefined;
  readonly operation: ErrorContext['operation'];
  readonly path: string | undefined;
  readonly dataSet: string | undefined;
  readonly part: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.operation = details.operation;
    this.path = details.path;
    this.dataSet = details.dataSet;
    this.part = details.part;
  }

  /** The same error for a caller who knows more of where it happened; what is known already stays. */
  within(context: ErrorContext): RepartitionError {
    const known = { ...context, ...contextOf(this) };
    const error = new RepartitionError(this.code, this.message, {
      ...known,
      hint: this.hint,
      cause: this.cause,
    });
    if (this.stack !== undefined) error.stack = this.stack;
    return error;
  }

  toReport(): ErrorReport {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint !== undefined && { hint: this.hint }),
      ...contextOf(this),
    };
  }
}

function contextOf({ operation, path, dataSet, part }: ErrorContext): ErrorContext {
  return {
    ...(operation !== undefined && { operation }),
    ...(path !== undefined && { path }),
    ...(dataSet !== undefined && { dataSet }),
    ...(part !== undefined && { part }),
  };
}

/** What somebody threw, as a text: not all that is thrown is an error. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Causes of causes beyond this are nobody's interest, and one may contain itself. */
const MOST_CAUSES = 8;

/** For a thread or process that can't hand over the error itself; see {@link fromErrorMessage}. */
export function toErrorMessage(error: unknown, depth = 0): ErrorMessage {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(error instanceof RepartitionError && { report: error.toReport() }),
    ...(error.cause !== undefined &&
      depth < MOST_CAUSES && { cause: toErrorMessage(error.cause, depth + 1) }),
  };
}

/** The error that was sent, with its stack and causes. */
export function fromErrorMessage({ name, message, stack, report, cause }: ErrorMessage): Error {
  const options = cause === undefined ? {} : { cause: fromErrorMessage(cause) };
  const error = report
    ? new RepartitionError(report.code, message, { ...report, ...options })
    : Object.assign(new Error(message, options), { name });
  if (stack !== undefined) error.stack = stack;
  return error;
}

/**
 * Throws the `interrupted` error when `signal` has fired.
 * @throws RepartitionError `interrupted`
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interrupted(signal);
}

/** The error every long-running call ends with when its signal fires; the signal's reason is its cause. */
export function interrupted(signal?: AbortSignal): RepartitionError {
  const reason: unknown = signal?.reason;
  return new RepartitionError('interrupted', 'stopped before the end', { cause: reason });
}
