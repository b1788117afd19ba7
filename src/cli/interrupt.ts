/** Ctrl-C and SIGTERM: the first asks the run to stop cleanly, the second ends the process at once. */
import type { World } from './world.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs `work` with a signal that Ctrl-C fires.
 * @param onSecond has to end the process: whoever presses Ctrl-C twice does not want to wait
 */
export async function withInterrupts<T>(
  signals: World['signals'],
  { onFirst, onSecond }: { onFirst: () => void; onSecond: () => void },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) {
      onSecond();
      return;
    }
    onFirst();
    controller.abort();
  };
  for (const name of SIGNALS) signals.on(name, onSignal);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of SIGNALS) signals.off(name, onSignal);
  }
}
