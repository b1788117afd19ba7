/**
 * Who made a file, so that those who come later can tell whether its maker still lives. Process ids come again, above all
 * in containers, so a process is known by the moment of its start too; and only on the machine (or in the container)
 * where it runs can anybody look.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process: `<machine>-<process id>-<start>`. */
export const MAKER = /([0-9a-f]{8})-(\d+)-([0-9a-z]+)/;

let known: string | undefined;

/** This process as a word of letters, digits and dashes that {@link MAKER} matches. */
export function thisProcess(): string {
  return (known ??= `${machine()}-${process.pid}-${startOf(process.pid) ?? '0'}`);
}

/**
 * @param maker as {@link thisProcess} says it
 * @returns undefined when it was on another machine, or before this one was started again
 */
export function isProcessAlive(maker: string): boolean | undefined {
  const [, where, pid, start] = MAKER.exec(maker) ?? [];
  if (where !== machine()) return undefined;
  const current = startOf(Number(pid));
  if (current !== undefined) return current === start;
  return start === '0' && answers(Number(pid));
}

const deadThreads = new Set<number>();

/** To be told of a thread of this process that died in the middle of its work. */
export function threadHasDied(id: number): void {
  deadThreads.add(id);
}

/** How many there were. */
export function deadThreadCount(): number {
  return deadThreads.size;
}

/** Whether a thread of a process may still work; see {@link isProcessAlive}. */
export function isThreadAlive(maker: string, thread: number): boolean | undefined {
  return maker === thisProcess() && deadThreads.has(thread) ? false : isProcessAlive(maker);
}

let ours: string | undefined;

/** Name, boot and namespace of process ids: two containers of one name do not see each other's processes. */
function machine(): string {
  ours ??= createHash('sha256')
    .update([hostname(), textOf('/proc/sys/kernel/random/boot_id'), linkOf('/proc/self/ns/pid')].join('\n'))
    .digest('hex')
    .slice(0, 8);
  return ours;
}

/**
 * When a process started, in the kernel's ticks; undefined when there is none (one that has ended and waits for its
 * parent is none), or nobody can tell. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
function startOf(pid: number): string | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  // The second field, the program's name, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  if (state === undefined || state === '' || state === 'Z' || state === 'X') return undefined;
  return Number(fields[19]).toString(36);
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
