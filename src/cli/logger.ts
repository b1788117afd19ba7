/** The log on standard error: a line each for people, or a document each for programs. */
import type { Log } from '../repartition/api.js';
import { LOG_LEVELS, type LOG_FORMATS, type LogLevel } from './common-options.js';
import type { Console } from './console.js';
import { oneLine } from './format.js';

/** What a program may want to know of a message, for `--log-format json`. */
export type Facts = Readonly<Record<string, unknown>>;

export interface Logger extends Log {
  readonly isDebug: boolean;
  info(message: string, facts?: Facts): void;
  /** A line that stands for itself at every level, with a stack below it: why the command failed, that it is stopping. */
  always(level: 'WARNING' | 'ERROR', line: string, facts?: Facts, stack?: string): void;
}

/** The levels that anything is said at: their word in a line, and its colour on a terminal (ECMA-48, SGR). */
const WORDS = {
  DEBUG: { word: 'DEBUG', colour: 34 },
  INFO: { word: 'INFO', colour: 32 },
  WARNING: { word: 'WARN', colour: 33 },
} as const satisfies Partial<Record<LogLevel, unknown>>;

export interface LogStyle {
  level: LogLevel;
  format: (typeof LOG_FORMATS)[number];
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * A logger whose lines are written before the call returns, so that none is lost or out of order when the process
 * ends. Colours only on a terminal, and not when NO_COLOR asks for none. By hand, because a run waits for it: a library
 * that gives the same lines took 50 ms to load, a third of what starting takes.
 */
export function makeLogger(console: Console, { level, format, env }: LogStyle): Logger {
  const isTerminal = console.stream.isTTY === true;
  const colours = isTerminal && (env['NO_COLOR'] ?? '') === '';
  const document = (at: LogLevel, message: string, facts?: Facts): void =>
    console.line(JSON.stringify({ time: new Date().toISOString(), level: at, message, ...facts }));
  const sayAt = (at: keyof typeof WORDS): ((message: string, facts?: Facts) => void) => {
    if (LOG_LEVELS.indexOf(at) < LOG_LEVELS.indexOf(level)) return () => undefined;
    if (format === 'json') return (message, facts) => document(at, message, facts);
    const { word, colour } = WORDS[at];
    const painted = colours ? `\u001b[${colour}m${word}\u001b[39m` : word;
    const timeOf = isTerminal ? timeOfDay : dateAndTime;
    return (message) => console.line(`[${timeOf(new Date())}] ${painted}: ${oneLine(message)}`);
  };
  return {
    isDebug: level === 'DEBUG',
    debug: sayAt('DEBUG'),
    info: sayAt('INFO'),
    warn: sayAt('WARNING'),
    always: (at, line, facts, stack) => {
      if (format === 'json') document(at, line, { ...facts, ...(stack !== undefined && { stack }) });
      else console.line(stack === undefined ? line : `${line}\n${stack}`);
    },
  };
}

/** `08:05:59`, local time. */
function timeOfDay(now: Date): string {
  return [now.getHours(), now.getMinutes(), now.getSeconds()].map(twoDigits).join(':');
}

/** `2026-11-26T08:05:59+01:00`, local time and what it is ahead of UTC: a log is read later, and elsewhere. */
function dateAndTime(now: Date): string {
  const date = [now.getFullYear(), twoDigits(now.getMonth() + 1), twoDigits(now.getDate())].join('-');
  const ahead = -now.getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(ahead) / 60), Math.abs(ahead) % 60];
  return `${date}T${timeOfDay(now)}${ahead < 0 ? '-' : '+'}${twoDigits(hours)}:${twoDigits(minutes)}`;
}

function twoDigits(count: number): string {
  return String(count).padStart(2, '0');
}
