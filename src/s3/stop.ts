import type { PartStop } from './upload.js';

/** Parts under way get this long to end by themselves before they are cut off. */
const GRACE_MS = 10_000;

/** Stops the parts of one object: the soft signal at once, the hard one after the grace. */
export class Stop implements PartStop {
  private readonly softly = new AbortController();
  private readonly hardly = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly signal: AbortSignal | undefined) {
    signal?.addEventListener('abort', this.now, { once: true });
    if (signal?.aborted) this.now();
  }

  get soft(): AbortSignal {
    return this.softly.signal;
  }

  get hard(): AbortSignal {
    return this.hardly.signal;
  }

  readonly now = (): void => {
    const reason: unknown = this.signal?.reason;
    this.softly.abort(reason);
    this.timer ??= setTimeout(() => this.hardly.abort(reason), GRACE_MS);
  };

  release(): void {
    this.signal?.removeEventListener('abort', this.now);
    clearTimeout(this.timer);
  }
}
