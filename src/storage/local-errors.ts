/** What the operating system's error codes mean to a person. */
import type { BigIntStats } from 'node:fs';
import { type ErrorCode, RepartitionError } from '../errors.js';

/** What was being done to the file, as it reads after "cannot". */
export type Doing = 'read' | 'write' | 'list';

interface Meaning {
  code: ErrorCode | Record<Doing, ErrorCode>;
  message: (doing: Doing, where: string) => string;
  hint: string;
}

const RESUME = 'run the same command again: finished parts are kept';

/** Codes of open(2), read(2), write(2), rename(2) and fsync(2) that a user can do something about. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOENT: {
    code: 'not-found',
    message: (doing, where) =>
      doing === 'write'
        ? `cannot write ${where}: its folder does not exist and cannot be made`
        : `${where} does not exist`,
    hint: 'Check the path, and whether something else moves or deletes files there.',
  },
  ENOTDIR: {
    code: { read: 'not-found', write: 'storage', list: 'not-found' },
    message: (doing, where) => `cannot ${doing} ${where}: a folder on its path is a file`,
    hint: 'Move that file out of the way, or check the path.',
  },
  EISDIR: {
    code: { read: 'not-found', write: 'storage', list: 'storage' },
    message: (doing, where) => `cannot ${doing} ${where}: it is a folder, not a file`,
    hint: 'Move that folder out of the way, or check the path.',
  },
  // Of open(2): sockets can't be, and devices without a driver.
  ENXIO: {
    code: { read: 'not-found', write: 'storage', list: 'storage' },
    message: (doing, where) => `cannot ${doing} ${where}: it is a socket or a device, not a file`,
    hint: 'Move it out of the way, or check the path.',
  },
  EACCES: {
    code: 'access',
    message: (doing, where) => `no permission to ${doing} ${where}`,
    hint: 'Change the permissions of the file and its folder, or run as a user who has them.',
  },
  EROFS: {
    code: 'access',
    message: (doing, where) => `cannot ${doing} ${where}: the file system is read-only`,
    hint: 'Mount it writable, or copy the graph to a disk that is.',
  },
  ENOSPC: {
    code: 'storage',
    message: (doing, where) => `cannot ${doing} ${where}: no space left on the disk`,
    hint: `Free some space, then ${RESUME}.`,
  },
  EDQUOT: {
    code: 'storage',
    message: (doing, where) => `cannot ${doing} ${where}: the disk quota is used up`,
    hint: `Free some space or raise the quota, then ${RESUME}.`,
  },
  EFBIG: {
    code: 'storage',
    message: (doing, where) =>
      `cannot ${doing} ${where}: larger than the file system or the limit on file sizes allows`,
    hint: `Raise the limit (ulimit -f), then ${RESUME}.`,
  },
  EMFILE: {
    code: 'storage',
    message: (doing, where) => `cannot ${doing} ${where}: too many open files`,
    hint: `Raise the limit (ulimit -n) or lower \`concurrency\`, then ${RESUME}.`,
  },
  // A bucket that is mounted as a folder renames nothing: https://github.com/awslabs/mountpoint-s3 (doc/SEMANTICS.md).
  ENOSYS: {
    code: 'storage',
    message: (doing, where) => `cannot ${doing} ${where}: this file system can't do what that takes`,
    hint: 'If it is a bucket that is mounted as a folder, give it as s3://bucket/prefix instead.',
  },
  ENAMETOOLONG: {
    code: 'storage',
    message: (doing, where) => `cannot ${doing} ${where}: the name is too long for this file system`,
    hint: 'Move the graph to a folder with a shorter path.',
  },
  ELOOP: {
    code: 'storage',
    message: (doing, where) => `cannot ${doing} ${where}: its symbolic links lead in a circle`,
    hint: 'Repair the links.',
  },
};

const SAME_AS: Readonly<Record<string, string>> = {
  EPERM: 'EACCES',
  ENFILE: 'EMFILE',
  ENOTEMPTY: 'EISDIR',
  ENOTSUP: 'ENOSYS',
  EOPNOTSUPP: 'ENOSYS',
};

/**
 * An operating system's error as a line for the user; anything else comes back as it is.
 * @param where the path as a person would write it
 */
export function explain(error: unknown, doing: Doing, where: string): unknown {
  if (!isErrno(error)) return error;
  const meaning = MEANINGS[SAME_AS[error.code] ?? error.code];
  if (!meaning) {
    return new RepartitionError('storage', `cannot ${doing} ${where}: ${error.message}`, {
      hint: `Check the disk, then ${RESUME}.`,
      operation: doing,
      path: where,
      cause: error,
    });
  }
  const code = typeof meaning.code === 'string' ? meaning.code : meaning.code[doing];
  return new RepartitionError(code, meaning.message(doing, where), {
    hint: meaning.hint,
    operation: doing,
    path: where,
    cause: error,
  });
}

/** Something that has the name of a file and is none: reading from it would fail, wait for ever, or never end. */
export function notAFile(where: string, found: BigIntStats): RepartitionError {
  const kind = found.isDirectory()
    ? 'folder'
    : found.isFIFO()
      ? 'FIFO'
      : found.isSocket()
        ? 'socket'
        : 'device';
  return new RepartitionError('not-found', `${where} is a ${kind}, not a file`, {
    hint: `Move that ${kind} out of the way, or check the path.`,
    operation: 'read',
    path: where,
  });
}

/** True for an operating system's error, and, when `codes` are given, for one of these. */
export function isErrno(
  error: unknown,
  ...codes: string[]
): error is NodeJS.ErrnoException & { code: string } {
  if (!(error instanceof Error) || !('errno' in error) || !('code' in error)) return false;
  return typeof error.code === 'string' && (codes.length === 0 || codes.includes(error.code));
}

/** An input that is no longer what the plan was made for. */
export function changed(where: string): RepartitionError {
  return new RepartitionError('changed', `${where} changed while we were working on it`, {
    hint: 'Make sure nothing else writes to the prefix, then run the same command again.',
    operation: 'read',
    path: where,
  });
}
