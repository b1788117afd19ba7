/**
 * Ctrl-C, SIGTERM and a terminal that goes away: the first asks the run to stop cleanly, a second Ctrl-C or SIGTERM
 * ends the process at once.
 */
import type { World } from './world.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

/**
 * Runs `work` with a signal that Ctrl-C fires.
 * @param onSecond has to end the process: whoever presses Ctrl-C twice does not want to wait
 */
export async function withInterrupts<T>(
  signals: World['signals'],
  { onFirst, onSecond }: { onFirst: (name: Signal) => void; onSecond: () => void },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let asked = false;
  const onSignal = (name: Signal): void => {
    // A hangup comes from the system, again from every shell on the way, and at the end of a login with SIGTERM:
    // however often, nobody has asked twice.
    if (name !== 'SIGHUP') {
      if (asked) {
        onSecond();
        return;
      }
      asked = true;
    }
    if (controller.signal.aborted) return;
    onFirst(name);
    controller.abort();
  };
  const listeners = SIGNALS.map((name) => ({ name, listener: () => onSignal(name) }));
  for (const { name, listener } of listeners) signals.on(name, listener);
  try {
    return await work(controller.signal);
  } finally {
    for (const { name, listener } of listeners) signals.off(name, listener);
  }
}

/**
 * The signals of a process whose streams are no terminal: what ends one elsewhere does not end its run. That is what
 * `nohup` asks for, but Node undoes the ignored SIGHUP that it leaves; the streams still tell.
 */
export function withoutHangups(signals: NodeJS.EventEmitter): World['signals'] {
  signals.on('SIGHUP', () => undefined);
  return {
    on: (name, listener) => (name === 'SIGHUP' ? signals : signals.on(name, listener)),
    off: (name, listener) => (name === 'SIGHUP' ? signals : signals.off(name, listener)),
  };
}
