import pLimit, { type LimitFunction } from 'p-limit';
import type { OwnThread } from '../storage/registry.js';

/** Requests in flight at first. */
const FIRST_CAP = 32;
/** What is left of the cap after a SlowDown. With less of it the allowed rate is used worse, with more it takes longer to be found. */
const KEPT_SHARE = 0.75;

/** Longer ones, half an hour, count as that. */
const MOST_TIME = 2 ** 31 - 1;
/** Answers that the mean of their times is about. */
const MEAN_OF = 64;
/**
 * Of what the mean lies over the shortest, so much is added to the shortest after as many answers: what it takes to answer
 * may have grown for the rest of a run, with nothing of it due to what is in flight. Slowly, so that a crowd stays one.
 */
const FORGOTTEN_SHARE = 1 / 1024;
/** Longest that the mean may be over the shortest there was, for more requests to be worth trying. */
const SLOWER = 2;

/** Places in the counters that the threads share. Times are in microseconds. */
const [CAP, ERA, SUCCESSES, TIMED, MEAN_TIME, SHORTEST_TIME] = [0, 1, 2, 3, 4, 5];

/**
 * A cap on requests in flight that follows what S3 can take. It begins low and doubles with each round of answers, as long
 * as there is more to ask for; the first SlowDown ends that, and each takes a quarter of it away, once for all requests
 * that were on their way together. From then on it is raised by one after as many successes as it is high (additive
 * increase, multiplicative decrease). The cap is that of all threads, and each has an equal share.
 *
 * It grows while throughput does. Of requests that cost anything from a header to a gigabyte no sum tells that, but the time
 * of short ones does: throughput is what is in flight over the time that it is. Where short answers take twice as long as they
 * did with fewer in flight, more would only wait for each other: for this machine's processor, its network, or the server.
 *
 * The SDK's adaptive retries slow down the *rate* of one client, which is not done here (`retry.ts`); this bounds how much work
 * stands in line, so that a burst of 503s is not answered by as many retries as there were requests.
 */
export class Throttle {
  private readonly limit: LimitFunction;
  private readonly threads: number;
  private readonly counters: Int32Array;

  /** @param max requests of all threads */
  constructor(
    readonly max: number,
    { threads, counters }: Pick<OwnThread, 'threads' | 'counters'> = {
      threads: 1,
      counters: new Int32Array(new SharedArrayBuffer(24)),
    },
  ) {
    this.threads = threads;
    this.counters = counters;
    Atomics.compareExchange(counters, CAP, 0, Math.min(max, FIRST_CAP));
    this.limit = pLimit(this.share);
  }

  /** How many requests may be in flight now, in all threads. */
  get cap(): number {
    return Atomics.load(this.counters, CAP);
  }

  /** Runs `work` as soon as the cap lets it. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.limit(work);
  }

  /** Notes that an attempt leaves; its answer is told to the function that comes back, and whether it was a short one. */
  attempt(): (outcome: 'fine' | 'slow-down', how?: { isShort: boolean }) => void {
    const era = Atomics.load(this.counters, ERA);
    const began = performance.now();
    return (outcome, { isShort } = { isShort: false }) => {
      if (outcome === 'fine' && isShort) this.took(performance.now() - began);
      if (outcome === 'fine') this.succeeded();
      // Requests sent before the last cut were sent under the old cap and say nothing new.
      else if (Atomics.compareExchange(this.counters, ERA, era, era + 1) === era) this.cut();
      if (this.limit.concurrency !== this.share) this.limit.concurrency = this.share;
    };
  }

  private get share(): number {
    return Math.max(1, Math.ceil(this.cap / this.threads));
  }

  /** Whether short answers take so long that more in flight would wait for each other. With few that is somebody else's doing. */
  private get isCrowded(): boolean {
    const [mean, shortest] = [MEAN_TIME, SHORTEST_TIME].map((place) => Atomics.load(this.counters, place));
    return this.cap >= FIRST_CAP && shortest! > 0 && mean! > SLOWER * shortest!;
  }

  /** Threads that note a time at once may lose one: it is one of many. */
  private took(milliseconds: number): void {
    const { counters } = this;
    const time = Math.min(Math.round(milliseconds * 1000), MOST_TIME);
    const before = Atomics.load(counters, MEAN_TIME);
    const timed = Atomics.add(counters, TIMED, 1) + 1;
    const mean = Math.round(before + (time - before) / Math.min(timed, MEAN_OF));
    Atomics.store(counters, MEAN_TIME, mean);
    if (timed < MEAN_OF) return;
    const shortest = Atomics.load(counters, SHORTEST_TIME);
    if (shortest === 0 || mean < shortest) Atomics.store(counters, SHORTEST_TIME, Math.max(1, mean));
    else if (timed % MEAN_OF === 0) {
      Atomics.store(counters, SHORTEST_TIME, shortest + Math.ceil((mean - shortest) * FORGOTTEN_SHARE));
    }
  }

  private succeeded(): void {
    const { cap, counters } = this;
    // A cap that nobody waits for has not been tried.
    if (cap >= this.max || this.limit.pendingCount === 0 || this.isCrowded) return;
    const isFirstRise = Atomics.load(counters, ERA) === 0;
    if (!isFirstRise) {
      if (Atomics.add(counters, SUCCESSES, 1) + 1 < cap) return;
      Atomics.store(counters, SUCCESSES, 0);
    }
    Atomics.compareExchange(counters, CAP, cap, cap + 1);
  }

  private cut(): void {
    const { cap, counters } = this;
    Atomics.store(counters, SUCCESSES, 0);
    Atomics.store(counters, CAP, Math.max(1, Math.floor(cap * KEPT_SHARE)));
  }
}
