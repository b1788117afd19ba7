/**
 * Requests that are sent again, told of to whoever wants to know: a channel, because the log is far from where requests are
 * sent, and because they are sent in threads, which pass on what they hear.
 * https://nodejs.org/api/diagnostics_channel.html
 */
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';

const NAME = 'gs-repartition:sent-again';
const told = channel(NAME);

/** @param describe gives the line; called only if somebody listens */
export function tellSentAgain(describe: () => string): void {
  if (told.hasSubscribers) told.publish(describe());
}

/** Whether anybody in this thread listens, so that other threads should tell it. */
export function isToldOfSentAgain(): boolean {
  return told.hasSubscribers;
}

/** @returns what ends it */
export function onSentAgain(listen: (line: string) => void): () => void {
  const listener = (line: unknown): void => listen(String(line));
  subscribe(NAME, listener);
  return () => void unsubscribe(NAME, listener);
}
