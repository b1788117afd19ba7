/** Lines on standard error, also while a line that is drawn over stands at its bottom; and streams that may fail. */
import { fstatSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { getSystemErrorMap } from 'node:util';
import type { Output } from './world.js';

/** To the line's begin, and nothing up to its end (ECMA-48, EL). */
export const ERASE = '\r\u001b[K';
/** A row down, but never beyond the last; and where the cursor was (CUD, DECSC, DECRC). */
const [DOWN, SAVE, RESTORE] = ['\u001b[B', '\u001b7', '\u001b8'];
/** Of a terminal that tells none, or 0. */
const USUAL_COLUMNS = 80;

/** Draws a line of at most so many columns. */
export type Footer = (width: number) => string;

/**
 * The cursor waits at the begin of the footer: there it stays when a terminal becomes narrower, whether that breaks the
 * line in several or cuts it off, so that all of it can be erased. Row by row: tmux moves a screen that is cleared whole
 * into its history.
 */
export class Console {
  private footer: Footer | undefined;
  /** Of the footer as it was drawn. */
  private length = 0;
  private readonly onResize = (): void => {
    if (this.footer) this.stream.write(this.erased() + this.drawn());
  };

  constructor(readonly stream: Output) {}

  /** Writes a line, above the footer if there is one. */
  line(text: string): void {
    this.stream.write(this.footer ? `${this.erased()}${text}\n${this.drawn()}` : `${text}\n`);
  }

  /** From now on the last line is this one, until it is taken away with `undefined`. */
  show(footer: Footer | undefined): void {
    if (this.footer) this.stream.off('resize', this.onResize).write(this.erased());
    this.footer = footer;
    if (!footer) return;
    this.stream.on('resize', this.onResize);
    this.redraw();
  }

  redraw(): void {
    if (this.footer) this.stream.write(this.drawn());
  }

  private get columns(): number {
    return this.stream.columns || USUAL_COLUMNS;
  }

  /** One column stays free: a line that is full makes some terminals begin another. */
  private drawn(): string {
    const line = this.footer?.(this.columns - 1) ?? '';
    this.length = line.length;
    return `${line}\u001b[K\r`;
  }

  private erased(): string {
    const rows = Math.ceil(this.length / this.columns);
    this.length = 0;
    if (rows <= 1) return ERASE;
    return `\r${SAVE}\u001b[K${`${DOWN}\u001b[K`.repeat(rows - 1)}${RESTORE}`;
  }
}

/**
 * Standard output (1) or standard error (2). What can't be written to it is lost and ends nothing: readers go away,
 * terminals hang up, disks fill.
 */
export function openOutput(fd: 1 | 2): Output {
  try {
    const stream = fd === 1 ? process.stdout : process.stderr;
    // Node and libraries write there too.
    stream.on('error', () => undefined);
    const kind = fstatSync(fd);
    if (kind.isFile() || (kind.isCharacterDevice() && !isatty(fd))) return new FileOutput(fd, kind.isFile());
    return stream;
  } catch {
    // A terminal that has gone since Node found that it was one.
    return new FileOutput(fd, false);
  }
}

/**
 * A file or a device. Node's own stream for them drops what a single write leaves over when the disk is full, and takes
 * nothing more after an error.
 */
class FileOutput extends Writable {
  constructor(
    private readonly fd: number,
    readonly isFile: boolean,
  ) {
    super();
    this.on('error', () => undefined);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    try {
      for (let from = 0; from < chunk.length;) from += writeSync(this.fd, chunk, from);
    } catch (error) {
      // Not by `done`: what comes later may find room again.
      this.emit('error', error);
    }
    done();
  }
}

/**
 * Watches what is written to `stream` from now on.
 * @returns waits until all of it was, and tells the first error if some is lost
 */
export function watchWrites(stream: Output): () => Promise<NodeJS.ErrnoException | undefined> {
  let failure: NodeJS.ErrnoException | undefined;
  const onError = (error: NodeJS.ErrnoException): void => {
    failure ??= error;
  };
  stream.on('error', onError);
  return async () => {
    await new Promise((written) => stream.write('', written));
    // The event comes after the callback.
    await new Promise((told) => setImmediate(told));
    stream.off('error', onError);
    return failure;
  };
}

/** Whether writing failed because nobody reads any more: a pipe's other end, or the terminal, has gone. */
export function hasNoReader({ code }: NodeJS.ErrnoException, stream: Output): boolean {
  if (code === 'EIO') return !(stream instanceof FileOutput && stream.isFile);
  return code === 'EPIPE' || code === 'ECONNRESET';
}

/** `no space left on device` */
export function reasonOf({ errno, message }: NodeJS.ErrnoException): string {
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message;
}
