/** How files that are only read are looked at, opened and read: each of it may wait for the disk. */
import {
  type BigIntStats,
  constants,
  open as openCallback,
  openSync,
  read as readCallback,
  readSync,
  statSync,
} from 'node:fs';
import { stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isErrno } from './local-errors.js';

export interface Access {
  /** @returns undefined when there is nothing of that name */
  stat(where: string): MaybePromise<BigIntStats | undefined>;
  open(where: string): MaybePromise<number>;
  /** @returns bytes read, 0 at the end of the file */
  read(descriptor: number, into: Uint8Array, start: number): MaybePromise<number>;
}

type MaybePromise<T> = T | Promise<T>;

/** A FIFO that nobody writes to would be waited for; that it is one is found out as soon as it is open. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

const openInPool = promisify(openCallback);
const readInPool = promisify(readCallback);

/**
 * In libuv's threads: for many files side by side, and threads that must not stand still.
 * @internal
 */
export const inPool: Access = {
  stat: (where) => stat(where, { bigint: true }).catch(noneIfMissing),
  open: (where) => openInPool(where, FLAGS),
  read: async (descriptor, into, start) =>
    (await readInPool(descriptor, into, 0, into.length, start)).bytesRead,
};

/**
 * Right here: for a thread with nothing else to do. Handing each call to another thread and back takes longer than
 * reading what the kernel has; measured on parts of 128 MB, a tenth to a third of a run's processor time.
 */
export const atOnce: Access = {
  stat: (where) => {
    try {
      return statSync(where, { bigint: true });
    } catch (error) {
      noneIfMissing(error);
      return undefined;
    }
  },
  open: (where) => openSync(where, FLAGS),
  read: (descriptor, into, start) => readSync(descriptor, into, 0, into.length, start),
};

/** Milliseconds: the kernel needs a tenth for what it has, and a disk more for what it has not. */
const QUICK_MS = 0.3;
/** Calls that go to libuv's threads after one that was not quick. */
const CALLS_IN_POOL = 256;
/** Milliseconds after which timers and signals have their turn. */
const TURN_MS = 10;

/**
 * For a thread that has other things to do: right here while that is quick, as where the kernel has the files, and in
 * libuv's threads after a call that had to wait. Measured on 10,000 small parts whose footers are read and read back, a
 * third of the main thread's processor time.
 */
export function whileQuick(): Access {
  let callsInPool = 0;
  let turnBegan = performance.now();
  const quickly = <T>(call: (access: Access) => MaybePromise<T>): MaybePromise<T> => {
    if (callsInPool > 0) {
      callsInPool--;
      return call(inPool);
    }
    const began = performance.now();
    if (began - turnBegan > TURN_MS) {
      return setImmediate().then(() => {
        turnBegan = performance.now();
        return quickly(call);
      });
    }
    try {
      return call(atOnce);
    } finally {
      if (performance.now() - began > QUICK_MS) callsInPool = CALLS_IN_POOL;
    }
  };
  return {
    stat: (where) => quickly((access) => access.stat(where)),
    open: (where) => quickly((access) => access.open(where)),
    read: (descriptor, into, start) => quickly((access) => access.read(descriptor, into, start)),
  };
}

function noneIfMissing(error: unknown): undefined {
  if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
}
