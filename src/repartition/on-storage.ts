/** A storage for the time of a call, and the one error that a call which was broken off ends with. */
import { interrupted, RepartitionError } from '../errors.js';
import type { Storage } from '../storage/storage.js';
import type { Tally } from '../storage/tally.js';
import { locate, openStorage } from '../storages.js';
import type { PrefixOptions } from './api.js';
import type { Plan } from './model.js';

/** Opens the storage of a prefix for `work`. */
export async function onPrefix<T>(
  { inputPrefix, s3, ...how }: PrefixOptions & { tally?: Tally },
  work: (storage: Storage) => Promise<T>,
): Promise<T> {
  return onLocation({ location: await locate(inputPrefix, s3) }, how, work);
}

/** The same where the prefix was located before. */
export async function onLocation<T>(
  { location }: Pick<Plan, 'location'>,
  { signal, tally }: { signal?: AbortSignal | undefined; tally?: Tally },
  work: (storage: Storage) => Promise<T>,
): Promise<T> {
  let storage: Storage | undefined;
  try {
    storage = await openStorage(location, { signal, tally });
    return await work(storage);
  } catch (error) {
    throw explained(error, signal);
  } finally {
    await storage?.close();
  }
}

/** What a signal breaks off may fail in ways of its own; the reason is the signal. */
export function explained(error: unknown, signal: AbortSignal | undefined): unknown {
  if (!signal?.aborted) return error;
  const { message, cause } = interrupted(signal);
  return new RepartitionError('interrupted', `${message}; nothing was published`, {
    hint: 'Run the same command again: finished parts are kept and the rest is done.',
    cause,
  });
}
