import pLimit, { type LimitFunction } from 'p-limit';

/**
 * A cap on requests in flight that follows what S3 can take: halved when S3 says SlowDown, raised by one
 * after as many successes as it is high (additive increase, multiplicative decrease).
 *
 * The SDK's adaptive retries slow down the *rate* of one client; this bounds how much work stands in line,
 * so that a burst of 503s is not answered by as many retries as there were requests.
 */
export class Throttle {
  private readonly limit: LimitFunction;
  /** Raised with each cut: requests sent before it were sent under the old cap and say nothing new. */
  private era = 0;
  private successes = 0;

  constructor(readonly max: number) {
    this.limit = pLimit(max);
  }

  /** How many requests may be in flight now. */
  get cap(): number {
    return this.limit.concurrency;
  }

  /** Runs `work` as soon as the cap lets it. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.limit(work);
  }

  /** Notes that an attempt leaves; its answer is told to the function that comes back. */
  attempt(): (outcome: 'fine' | 'slow-down') => void {
    const era = this.era;
    return (outcome) => {
      if (outcome === 'fine') this.succeeded();
      else if (era === this.era) this.cut();
    };
  }

  private succeeded(): void {
    if (this.cap >= this.max) return;
    this.successes += 1;
    if (this.successes >= this.cap) {
      this.successes = 0;
      this.limit.concurrency = this.cap + 1;
    }
  }

  private cut(): void {
    this.era += 1;
    this.successes = 0;
    this.limit.concurrency = Math.max(1, Math.floor(this.cap / 2));
  }
}
