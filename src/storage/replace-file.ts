/**
 * Replacing a file so that a reader sees the old one or the new one, whole, also after a crash. Only the disk's syncing is
 * waited for; all else is done right here, for the kernel takes less time to name a file than libuv to hand the call over
 * and back: measured on parts of 10 kB, a third of the processor time of making one.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { throwIfAborted } from '../errors.js';
import type { FileIdentity } from './file-identity.js';
import type { FolderSyncs } from './folder-syncs.js';
import { isErrno } from './local-errors.js';
import { OutputFile } from './output-file.js';
import { MAKER, thisProcess } from './process-identity.js';

/** Of the target's name, in its temporary name: leaves room below the usual limit of 255 bytes. */
const NAME_KEPT = 48;

/** A name beside `target` that no other run, thread or call uses. It says who made the file. */
function temporaryName(target: string): string {
  const name = basename(target).slice(0, NAME_KEPT);
  const call = `${threadId}-${randomBytes(6).toString('hex')}`;
  return join(dirname(target), `.${name}.${thisProcess()}-${call}.tmp`);
}

/** Of {@link temporaryName}; the first versions named the process id alone. */
const TEMPORARY = new RegExp(`^\\..*\\.(?:(${MAKER.source})-(\\d+)|\\d+)-[0-9a-f]{12}\\.tmp$`, 's');

/** What the name of a file says, if it is one of {@link replaceFile}'s temporary names. */
export function temporaryFile(name: string): { maker?: { process: string; thread: number } } | undefined {
  const match = TEMPORARY.exec(name);
  if (!match) return undefined;
  const [, process, , , , thread] = match;
  return process === undefined ? {} : { maker: { process, thread: Number(thread) } };
}

/** True for names like those that {@link replaceFile} makes, and leaves behind when its process is killed. */
export function isTemporaryName(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.tmp');
}

/** How a file is put in its place. */
export interface Placing {
  signal: AbortSignal | undefined;
  /** A file of the same bytes that is there by now stays. */
  keepSame: boolean;
  /** Called when all is written and only the disk is waited for. */
  onWritten: () => void;
}

/**
 * Writes a temporary file beside `target` with `fill`, syncs it, and puts it in `target`'s place. Makes parent folders.
 * Removes the temporary file when anything fails or the signal fires.
 * @param folders make the names durable
 * @returns the file's identity in its new place
 */
export async function replaceFile(
  target: string,
  fill: (file: OutputFile) => Promise<void>,
  folders: FolderSyncs,
  placing: Placing,
): Promise<FileIdentity> {
  throwIfAborted(placing.signal);
  const folder = dirname(target);
  const temporary = temporaryName(target);
  const { descriptor, made } = create(temporary);
  try {
    const identity = await fillAndPlace(descriptor, fill, temporary, target, placing).finally(() =>
      closeSync(descriptor),
    );
    await syncFolders(folders, folder, made);
    return identity;
  } catch (error) {
    removeIfThere(temporary);
    throw error;
  }
}

/** After the rename there is none; and the first failure is the one to tell. */
function removeIfThere(temporary: string): void {
  try {
    unlinkSync(temporary);
  } catch {
    // See above.
  }
}

/** Folders that are made again, when somebody who tidies up has just removed them for being empty. */
const FOLDER_TRIES = 5;

/** Opens a new file. Its folder nearly always exists: asked for only when it does not, every other part saves a call. */
function create(where: string): { descriptor: number; made: string | undefined } {
  let made: string | undefined;
  for (let tries = 1; ; tries++) {
    try {
      return { descriptor: openSync(where, 'wx'), made };
    } catch (error) {
      if (!isErrno(error, 'ENOENT') || tries > FOLDER_TRIES) throw error;
    }
    made = mkdirSync(dirname(where), { recursive: true }) ?? made;
  }
}

async function fillAndPlace(
  descriptor: number,
  fill: (file: OutputFile) => Promise<void>,
  temporary: string,
  target: string,
  { signal, keepSame, onWritten }: Placing,
): Promise<FileIdentity> {
  const output = new OutputFile(descriptor, temporary);
  try {
    await fill(output);
  } catch (error) {
    await output.settle().catch(() => undefined);
    throw error;
  }
  onWritten();
  await output.sync();
  throwIfAborted(signal);
  if (!keepSame) {
    renameSync(temporary, target);
  } else if (!placeAsNew(temporary, target)) {
    if (haveSameBytes(temporary, target)) {
      unlinkSync(temporary);
      return settledIdentity(target);
    }
    renameSync(temporary, target);
  }
  // Being named changes the ctime. Of the open file, for another run may have put its own in place by now.
  return fstatSync(descriptor, { bigint: true });
}

/**
 * Gives the file its name unless somebody has it: then false. So one who makes the same file meanwhile can't take ours
 * from under us.
 */
function placeAsNew(temporary: string, target: string): boolean {
  try {
    linkSync(temporary, target);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    // Not all file systems have links.
    if (!isErrno(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL')) throw error;
    renameSync(temporary, target);
    return true;
  }
  unlinkSync(temporary);
  return true;
}

/** Compared at a time. */
const BLOCK_BYTES = 1024 * 1024;

function haveSameBytes(one: string, other: string): boolean {
  const opened: number[] = [];
  try {
    for (const where of [one, other]) opened.push(openSync(where, 'r'));
    return areSame(opened[0]!, opened[1]!);
  } catch {
    // What can't be read is to be replaced.
    return false;
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

function areSame(a: number, b: number): boolean {
  const [blockA, blockB] = [Buffer.allocUnsafe(BLOCK_BYTES), Buffer.allocUnsafe(BLOCK_BYTES)];
  for (let at = 0; ;) {
    // A read may give fewer bytes than are there, but none only at the end.
    const readA = readSync(a, blockA, 0, BLOCK_BYTES, at);
    const readB = readSync(b, blockB, 0, BLOCK_BYTES, at);
    const read = Math.min(readA, readB);
    if (read === 0) return readA === readB;
    if (!blockA.subarray(0, read).equals(blockB.subarray(0, read))) return false;
    at += read;
  }
}

/** For the other's temporary name to go: five milliseconds each, and a second at most. */
const [WAIT_MS, MOST_WAITS] = [5, 200];

/** The identity of a file that another run may just be naming: losing its temporary name changes the ctime once more. */
async function settledIdentity(target: string): Promise<FileIdentity> {
  for (let waits = 0; ; waits++) {
    const found = statSync(target, { bigint: true });
    if (found.nlink === 1n || waits === MOST_WAITS) return found;
    await sleep(WAIT_MS);
  }
}

/** Makes the entries in `folder` durable, and those of the folders from `made` (the topmost new one) down to it. */
async function syncFolders(folders: FolderSyncs, folder: string, made: string | undefined): Promise<void> {
  await folders.sync(folder);
  if (made === undefined) return;
  for (let at = folder; at.length >= made.length; at = dirname(at)) await folders.sync(dirname(at));
}
