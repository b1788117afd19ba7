/** The options that every command has. */
import { choice, flag, withDefault } from './options.js';

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How a line of the log looks. */
export const LOG_FORMATS = ['text', 'json'] as const;

export const commonOptions = {
  'log-level': withDefault(choice('What to tell on standard error', LOG_LEVELS), 'INFO'),
  'log-format': withDefault(
    choice('How the log looks: lines for people, or a JSON document each', LOG_FORMATS),
    'text',
  ),
  quiet: flag('Only warnings and errors: no progress, no news, no summary'),
  json: flag('Print one JSON document on standard output'),
  'no-progress': flag('Neither the line that shows progress on a terminal nor those in a log'),
};
