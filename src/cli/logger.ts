/** The log: a line each for people, on standard error. */
import { type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { LogLevel } from './common-options.js';
import type { Console } from './console.js';
import { oneLine } from './format.js';

const PINO_LEVELS = {
  DEBUG: 'debug',
  INFO: 'info',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'fatal',
} as const;

/**
 * A logger whose lines are written before the call returns, so that none is lost or out of order when the process
 * ends. Colours only on a terminal, and not when NO_COLOR asks for none.
 */
export function makeLogger(
  console: Console,
  level: LogLevel,
  env: Readonly<Record<string, string | undefined>>,
): Logger {
  const colorize = console.stream.isTTY === true && (env['NO_COLOR'] ?? '') === '';
  const pretty = prettyFactory({
    colorize,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname',
  });
  return pino(
    {
      level: PINO_LEVELS[level],
      base: null,
      hooks: {
        logMethod(args, method) {
          method.apply(this, [oneLine(String(args[0]))]);
        },
      },
    },
    { write: (record: string) => console.line(pretty(record).trimEnd()) },
  );
}
