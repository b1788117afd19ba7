import { interrupted, throwIfAborted } from '../errors.js';

/** What `chunks` gives, ending with `interrupted` as soon as the signal fires, also while a chunk is being made. */
export async function* untilAborted<T>(
  chunks: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  const iterator = chunks[Symbol.asyncIterator]();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(interrupted(signal));
  });
  aborted.catch(() => undefined);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    throwIfAborted(signal);
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    void iterator.return?.().catch(() => undefined);
  }
}
