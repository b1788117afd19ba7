/** How many files a process may have open, and what that leaves for reading. */
import { readFileSync } from 'node:fs';

/** Node.js, its event loop and modules. */
const OF_THE_PROCESS = 28;
/** A worker thread: its event loop, a part being written, folders being synced. */
const OF_A_THREAD = 12;
/** A limit that holds nobody back. */
const PLENTY = 512;

let limit: number | undefined;

/** Infinity where it can't be told: Node.js raises the limit as far as it may. */
function openFileLimit(): number {
  return (limit ??= readLimit());
}

function readLimit(): number {
  try {
    // https://man7.org/linux/man-pages/man5/proc_pid_limits.5.html
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}

/** What may be used where there are few. */
export interface OpenFiles {
  threads: number;
  readsAtOnce: number;
  /** Sources of one part that stay open while it is made. */
  sources: number;
  /** Parts of one thread that are being written, or synced. */
  outputs: number;
  /** Sockets of one thread. */
  sockets: number;
}

/** @returns undefined where there are plenty */
export function fewOpenFiles(max = openFileLimit()): OpenFiles | undefined {
  if (max >= PLENTY) return undefined;
  const left = Math.max(0, max - OF_THE_PROCESS);
  // Footers are read while threads start.
  const threads = Math.max(1, Math.floor(left / 2 / OF_A_THREAD / 2));
  const readsAtOnce = Math.max(1, Math.floor(left / 3));
  return {
    threads,
    readsAtOnce,
    sources: 2,
    outputs: 1,
    sockets: Math.max(2, Math.floor(left / 2 / (threads + 1))),
  };
}
