/** A failure as its reader meets it: one line, an exit code, and with `--json` one document. */
import { inspect } from 'node:util';
import { RepartitionError } from '../errors.js';
import { oneLine } from './format.js';
import { EXIT } from './world.js';

export interface Failure {
  exitCode: number;
  /** For standard error. */
  line: string;
  /** For standard output, with `--json`. */
  document: { status: 'failed'; error: { code: string; message: string; hint?: string } };
  /** For `--log-level DEBUG`. */
  details: string;
}

const BUG_HINT = 'This is a bug: please report it with what the same command prints at --log-level DEBUG.';

export function describeFailure(error: unknown): Failure {
  const report =
    error instanceof RepartitionError
      ? error.toReport()
      : {
          code: 'internal',
          message: `internal error: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
          hint: BUG_HINT,
        };
  const sentences = [report.message, report.hint].filter((sentence) => sentence !== undefined);
  return {
    exitCode: exitCodeOf(report.code),
    line: oneLine(`gs-repartition: ${sentences.map(withStop).join(' ')}`),
    document: { status: 'failed', error: report },
    details: inspect(error, { colors: false, depth: 4 }),
  };
}

function exitCodeOf(code: string): number {
  if (code === 'usage') return EXIT.usage;
  return code === 'interrupted' ? EXIT.interrupted : EXIT.failure;
}

function withStop(sentence: string): string {
  return /[.?!]$/.test(sentence) ? sentence : `${sentence}.`;
}
