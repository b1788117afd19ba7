import { interrupted, throwIfAborted } from '../errors.js';

/** What `chunks` gives, ending with `interrupted` as soon as the signal fires, also while a chunk is being made. */
export async function* untilAborted<T>(
  chunks: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  const iterator = chunks[Symbol.asyncIterator]();
  let stop = (): void => undefined;
  const onAbort = (): void => stop();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      throwIfAborted(signal);
      // Not a race with one promise for all chunks: that would hold every chunk until it settles.
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        stop = () => reject(interrupted(signal));
        iterator.next().then(resolve, reject);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    void iterator.return?.().catch(() => undefined);
  }
}
