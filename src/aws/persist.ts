/** Patience: a job runs for hours, and the way to AWS breaks more often than jobs do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { kindOf, throwIfStopped, toAwsError } from './errors.js';
import type { AwsSession } from './session.js';

/** The few things that are said along the way; the command line passes a logger. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}

/** How long, and how often, something that fails is tried again. */
export interface Patience {
  /** First pause after a failure; doubles with each further one. Default 1 s. */
  firstPauseMs?: number;
  /** Longest pause. Default 30 s. */
  longestPauseMs?: number;
  /** How long nothing may succeed before we give up. Default 30 minutes: time to renew credentials by hand. */
  giveUpMs?: number;
}

/** What every call takes that may have to wait. */
export interface PersistOptions {
  signal?: AbortSignal | undefined;
  log?: Log | undefined;
  patience?: Patience | undefined;
}

/**
 * Makes a call until it succeeds or fails for good. Throttling, failures of the service and lost connections are waited
 * out; when credentials have expired they are resolved anew, as a new process would. A session that never had an answer
 * is not waited for: then nothing broke off, but something is missing.
 * @throws RepartitionError when the service says no, or nothing succeeded for too long
 */
export async function persist<T>(
  session: AwsSession,
  doing: string,
  call: () => Promise<T>,
  { signal, log, patience = {} }: PersistOptions,
): Promise<T> {
  const { firstPauseMs = 1_000, longestPauseMs = 30_000, giveUpMs = 30 * 60_000 } = patience;
  let failedSince: number | undefined;
  for (let failures = 0; ; failures++) {
    throwIfStopped(signal, doing);
    try {
      const result = await call();
      session.answered = true;
      return result;
    } catch (error) {
      const kind = kindOf(error);
      const stale = ['expired', 'no-credentials', 'bad-credentials'].includes(kind);
      const mayPass =
        kind === 'throttled' || kind === 'server' || (session.answered && (stale || kind === 'network'));
      failedSince ??= Date.now();
      if (signal?.aborted || !mayPass || Date.now() - failedSince > giveUpMs) {
        throw toAwsError(error, doing, signal);
      }
      const told = `${toAwsError(error, doing).message}; ${stale ? 'looking for new ones' : 'trying again'}`;
      if (failures === 0) log?.warn(told);
      else log?.debug(told);
      if (stale) await session.renew();
      const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 20));
      // The first renewal is tried at once: whoever renewed the credentials has done so by now.
      if (!stale || failures > 0) await pauseFor(pause, signal);
    }
  }
}

/** Sleeps; wakes up early, without an error, when the signal fires. */
export async function pauseFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
