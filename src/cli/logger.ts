/** The log: a line each for people, on standard error. */
import type { Log } from '../repartition/api.js';
import { LOG_LEVELS, type LogLevel } from './common-options.js';
import type { Console } from './console.js';
import { oneLine } from './format.js';

/** The levels that anything is said at: their word in a line, and its colour on a terminal (ECMA-48, SGR). */
const WORDS = {
  DEBUG: { word: 'DEBUG', colour: 34 },
  INFO: { word: 'INFO', colour: 32 },
  WARNING: { word: 'WARN', colour: 33 },
} as const satisfies Partial<Record<LogLevel, unknown>>;

/**
 * A logger whose lines are written before the call returns, so that none is lost or out of order when the process
 * ends. Colours only on a terminal, and not when NO_COLOR asks for none. By hand, because a run waits for it: a library
 * that gives the same lines took 50 ms to load, a third of what starting takes.
 */
export function makeLogger(
  console: Console,
  level: LogLevel,
  env: Readonly<Record<string, string | undefined>>,
): Log {
  const colours = console.stream.isTTY === true && (env['NO_COLOR'] ?? '') === '';
  const sayAt = (at: keyof typeof WORDS): ((message: string) => void) => {
    if (LOG_LEVELS.indexOf(at) < LOG_LEVELS.indexOf(level)) return () => undefined;
    const { word, colour } = WORDS[at];
    const painted = colours ? `\u001b[${colour}m${word}\u001b[39m` : word;
    return (message) => console.line(`[${timeOfDay(new Date())}] ${painted}: ${oneLine(message)}`);
  };
  return { debug: sayAt('DEBUG'), info: sayAt('INFO'), warn: sayAt('WARNING') };
}

/** `08:05:59`, local time. */
function timeOfDay(now: Date): string {
  return [now.getHours(), now.getMinutes(), now.getSeconds()]
    .map((count) => String(count).padStart(2, '0'))
    .join(':');
}
