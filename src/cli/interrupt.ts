/** Ctrl-C and SIGTERM: the first asks the run to stop cleanly, the second ends the process at once. */
import { EXIT, type World } from './world.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs `work` with a signal that Ctrl-C fires.
 * @param onFirst called when the first one arrives
 */
export async function withInterrupts<T>(
  { signals, exit }: Pick<World, 'signals' | 'exit'>,
  onFirst: () => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) {
      exit(EXIT.interrupted);
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
