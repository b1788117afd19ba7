/** Lines on standard error, also while a line that is drawn over stands at its bottom; and streams that may fail. */
import { fstatSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { getSystemErrorMap } from 'node:util';
import type { Output } from './world.js';

/**
 * From the begin of the cursor's line on, nothing (ECMA-48, EL and ED). First the line and then what lies below it, for a
 * screen that is erased whole is moved into its history by tmux. In the last line the cursor goes no further down (CUD).
 */
export const ERASE = '\r\u001b[K\u001b7\u001b[B\u001b[J\u001b8';
/** What is too long for its line is cut off there (DECAWM), and all beyond the text is erased. */
const [BEFORE, AFTER] = ['\u001b[?7l', '\u001b[K\r\u001b[?7h'];
/**
 * Of a terminal that tells none, or 0; and as much as is used of any. What is wider breaks when a window is made as narrow as
 * most are, and on a screen that is nearly empty tmux then moves the first piece out of reach, into its history.
 */
const USUAL_COLUMNS = 80;

/** Draws a line of at most so many columns. */
export type Footer = (width: number) => string;

/**
 * The cursor waits at the begin of the footer: there it stays when a terminal becomes narrower, whether that breaks the
 * line in several or cuts it off, so that all of it can be erased. Terminals may tell of it a quarter of a second later,
 * and what is drawn meanwhile must not take two lines.
 */
export class Console {
  private footer: Footer | undefined;
  private readonly onResize = (): void => {
    if (this.footer) this.stream.write(ERASE + this.drawn());
  };

  constructor(readonly stream: Output) {}

  /** Writes a line, above the footer if there is one. */
  line(text: string): void {
    this.stream.write(this.footer ? `${ERASE}${text}\n${this.drawn()}` : `${text}\n`);
  }

  /** From now on the last line is this one, until it is taken away with `undefined`. */
  show(footer: Footer | undefined): void {
    if (this.footer) this.stream.off('resize', this.onResize).write(ERASE);
    this.footer = footer;
    if (!footer) return;
    this.stream.on('resize', this.onResize);
    this.redraw();
  }

  redraw(): void {
    if (this.footer) this.stream.write(this.drawn());
  }

  private drawn(): string {
    const { columns: told = 0 } = this.stream;
    const columns = told > 0 ? Math.min(told, USUAL_COLUMNS) : USUAL_COLUMNS;
    // One stays free: some terminals begin another line when one is full.
    return `${BEFORE}${this.footer?.(columns - 1) ?? ''}${AFTER}`;
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
