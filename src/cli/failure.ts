/** A failure as its reader meets it: one line, an exit code, and with `--json` one document. */
import { type ErrorContext, type ErrorReport, RepartitionError } from '../errors.js';
import { asTyped } from './as-typed.js';
import { type Versioned, versioned } from './documents.js';
import { oneLine } from './format.js';
import type { Logger } from './logger.js';
import { EXIT } from './world.js';

export interface Failure {
  exitCode: number;
  /** For standard error. */
  line: string;
  /** For standard output, with `--json`. */
  document: Versioned & { status: 'failed'; error: Omit<ErrorReport, 'code'> & { code: string } };
  /** For `--log-level DEBUG`. */
  details: string;
}

const BUG_HINT = 'This is a bug: please report it with what the same command prints at --log-level DEBUG.';

/** @param flags the options of the command that failed, as they are typed but without dashes */
export function describeFailure(error: unknown, flags: readonly string[] = []): Failure {
  const report =
    error instanceof RepartitionError
      ? reportAsTyped(error.toReport(), flags)
      : {
          code: 'internal',
          message: `internal error: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
          hint: BUG_HINT,
        };
  const sentences = [withOwner(report), report.hint].filter((sentence) => sentence !== undefined);
  return {
    exitCode: exitCodeOf(report.code),
    line: oneLine(`gs-repartition: ${sentences.map(withStop).join(' ')}`),
    document: versioned('error', { status: 'failed', error: report }),
    details: stacksOf(error).join('\ncaused by '),
  };
}

/** Says on standard error why something failed. */
export function tellFailure({ line, document, details }: Failure, log: Logger): void {
  const stacks = log.isDebug ? details.split('\n').map(oneLine).join('\n') : undefined;
  log.always('ERROR', line, { error: document.error }, stacks);
}

function reportAsTyped(report: ErrorReport, flags: readonly string[]): ErrorReport {
  return {
    ...report,
    message: asTyped(report.message, flags),
    ...(report.hint !== undefined && { hint: asTyped(report.hint, flags) }),
  };
}

function withOwner({ message, dataSet, part }: ErrorContext & { message: string }): string {
  return dataSet === undefined || part === undefined ? message : `${message} (a part of ${dataSet})`;
}

/** The stacks down to the first cause, and nothing else of the errors: an SDK's may hold requests and their headers. */
function stacksOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const stack = error.stack ?? String(error);
  return error.cause === undefined ? [stack] : [stack, ...stacksOf(error.cause)];
}

function exitCodeOf(code: string): number {
  if (code === 'usage') return EXIT.usage;
  if (code === 'job') return EXIT.jobFailed;
  return code === 'interrupted' ? EXIT.interrupted : EXIT.failure;
}

function withStop(sentence: string): string {
  return /[.?!]$/.test(sentence) ? sentence : `${sentence}.`;
}
