/** What a file on a disk is known by. Whoever asks for a file's version asks here. */
import type { BigIntStats } from 'node:fs';
import type { ObjectStat } from './storage.js';

/**
 * Size and mtime alone are what `rsync -a` and `tar` reproduce for other bytes. No program can set a ctime, and a file
 * that takes another's place has an inode of its own.
 */
export type FileIdentity = Pick<BigIntStats, 'size' | 'mtimeNs' | 'ctimeNs' | 'ino'>;

/** The identity as a `version`; in few letters, for a million of them may be held. */
export function versionOf({ size, mtimeNs, ctimeNs, ino }: FileIdentity): string {
  return [size, mtimeNs, ctimeNs, ino].map((number) => number.toString(36)).join('-');
}

/** @param path as the storage calls the file */
export function toObjectStat(path: string, identity: FileIdentity): ObjectStat {
  return { path, size: Number(identity.size), version: versionOf(identity) };
}
