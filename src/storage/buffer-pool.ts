/** Small buffers lie side by side in runs of so many bytes: malloc gives those back whole, and keeps what small ones leave behind. */
const RUN_BYTES = 1024 * 1024;

/** A fixed number of buffers that everything a storage does at once shares, so that memory has a ceiling (D8). */
export class BufferPool {
  private readonly free: Uint8Array[] = [];
  private readonly waiting: ((buffer: Uint8Array) => void)[] = [];
  private made = 0;

  constructor(
    /** Bytes of each. */
    readonly size: number,
    readonly count: number,
  ) {}

  /** Lends a buffer (its content is arbitrary) to `use`, waiting for one when all are out. */
  async lend<T>(use: (buffer: Uint8Array) => Promise<T>): Promise<T> {
    const buffer = await this.take();
    try {
      return await use(buffer);
    } finally {
      const next = this.waiting.shift();
      if (next) next(buffer);
      else this.free.push(buffer);
    }
  }

  /** Forgets the buffers that are not lent. */
  clear(): void {
    this.made -= this.free.length;
    this.free.length = 0;
  }

  private async take(): Promise<Uint8Array> {
    if (this.free.length === 0) this.makeRun();
    return this.free.pop() ?? new Promise((resolve) => this.waiting.push(resolve));
  }

  private makeRun(): void {
    const { size } = this;
    const count = Math.min(this.count - this.made, Math.max(1, Math.floor(RUN_BYTES / size)));
    this.made += count;
    const run = Buffer.allocUnsafeSlow(count * size).buffer;
    for (let i = 0; i < count; i++) this.free.push(new Uint8Array(run, i * size, size));
  }
}
