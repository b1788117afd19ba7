/** The options that every command has. */
import { choice, flag, withDefault } from './options.js';

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const commonOptions = {
  'log-level': withDefault(choice('What to tell on standard error', LOG_LEVELS), 'INFO'),
  json: flag('Print one JSON document on standard output'),
  'no-progress': flag('No progress bar or progress lines'),
};
