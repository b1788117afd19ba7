/** What holds a call up, in what it tells of its progress. */
import type { Tally } from '../storage/tally.js';
import type { Progress } from './api.js';

/** The progress, with what the storages of the call have met with so far. */
export function withHindrances(progress: Progress, tally: Tally): Progress {
  const { retries, slowDowns } = tally.read();
  return { ...progress, ...(retries > 0 && { retries }), ...(slowDowns > 0 && { slowDowns }) };
}
