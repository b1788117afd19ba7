/** Lines on standard error, also while a progress bar stands at its bottom; and streams that may fail. */
import { fstatSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { getSystemErrorMap } from 'node:util';
import type { MultiBar } from 'cli-progress';
import type { Output } from './world.js';

export class Console {
  private bar: MultiBar | undefined;

  constructor(readonly stream: Output) {}

  /** Writes a line, above the bar if there is one. */
  line(text: string): void {
    if (!this.bar) {
      this.stream.write(`${text}\n`);
      return;
    }
    this.bar.log(`${text}\n`);
    this.bar.update();
  }

  /** From now on the last line belongs to `bar`, until it is given back with `undefined`. */
  show(bar: MultiBar | undefined): void {
    this.bar = bar;
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
