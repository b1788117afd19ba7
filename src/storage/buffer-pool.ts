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
    const buffer = this.free.pop();
    if (buffer) return buffer;
    if (this.made < this.count) {
      this.made++;
      return new Uint8Array(Buffer.allocUnsafeSlow(this.size).buffer);
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
