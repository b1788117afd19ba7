/** What a request costs on S3, in time. */

/** 0 stands for no limit, or no time. */
export interface Costs {
  /** Until the first byte of an answer; with a tail this is the median. */
  latencyMs: number;
  /** The 99th percentile of the latency, which then follows a log-normal distribution; 0 for a constant one. */
  tailMs: number;
  seed: number;
  /** Of one request. */
  getBytesPerSecond: number;
  putBytesPerSecond: number;
  copyBytesPerSecond: number;
  /** Of one prefix, in requests: GET and HEAD, and PUT, COPY, POST and DELETE. */
  readsPerSecond: number;
  writesPerSecond: number;
  /** How many names of a key make its prefix: S3 begins with one prefix, the bucket, and splits it as it grows. */
  prefixDepth: number;
}

/** Orders of magnitude from AWS's performance guidelines, and from what people measure. */
export const S3_COSTS: Costs = {
  latencyMs: 30,
  tailMs: 0,
  seed: 1,
  getBytesPerSecond: 80e6,
  putBytesPerSecond: 80e6,
  copyBytesPerSecond: 100e6,
  readsPerSecond: 5500,
  writesPerSecond: 3500,
  prefixDepth: 0,
};

/** Milliseconds that bytes take at a rate. */
export function durationOf(bytes: number, bytesPerSecond: number): number {
  return bytesPerSecond === 0 ? 0 : (bytes / bytesPerSecond) * 1000;
}

/** Of a normal distribution. */
const P99 = 2.326;

/** Draws latencies in milliseconds; the same seed gives the same ones. */
export function latencies({ latencyMs, tailMs, seed }: Costs): () => number {
  if (tailMs <= latencyMs || latencyMs === 0) return () => latencyMs;
  const random = uniform(seed);
  const sigma = Math.log(tailMs / latencyMs) / P99;
  return () => {
    // Box and Muller's way from two uniform numbers to a normal one.
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return latencyMs * Math.exp(sigma * normal);
  };
}

/** mulberry32: numbers from 0 up to 1. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Half a second's requests may come at once. */
const BURST_SECONDS = 0.5;

/** How many requests a second each prefix takes. */
export class RateLimit {
  private readonly buckets = new Map<string, { tokens: number; at: number }>();

  constructor(private readonly perSecond: number) {}

  /** @param now in milliseconds @returns whether the request may pass */
  take(prefix: string, now: number): boolean {
    if (this.perSecond === 0) return true;
    const most = this.perSecond * BURST_SECONDS;
    const bucket = this.buckets.get(prefix) ?? { tokens: most, at: now };
    this.buckets.set(prefix, bucket);
    bucket.tokens = Math.min(most, bucket.tokens + ((now - bucket.at) / 1000) * this.perSecond);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

/** @param depth see {@link Costs.prefixDepth} */
export function prefixOf(key: string, depth: number): string {
  if (depth === 0) return '';
  let end = -1;
  for (let i = 0; i < depth; i++) {
    const slash = key.indexOf('/', end + 1);
    if (slash < 0) break;
    end = slash;
  }
  return key.slice(0, end + 1);
}
