/** What the model has seen, for whoever asks. */

export interface Stats {
  /** Answered requests by operation, those that were told to slow down not among them. */
  requests: Record<string, number>;
  /** Requests that were answered with 503 SlowDown, by operation. */
  slowDowns: Record<string, number>;
  /** Requests that were answered with another error, by operation. */
  errors: Record<string, number>;
  /** Of bodies: what the client uploaded and downloaded. */
  bytesIn: number;
  bytesOut: number;
  copiedBytes: number;
  peakInFlight: number;
  /** All waits of requests together: divided by the duration, how many were in flight on average. */
  waitedMs: number;
  /** Requests that passed the limit in each second since the first one. */
  readsBySecond: number[];
  writesBySecond: number[];
  /** From the first request to the end of the last one. */
  durationMs: number;
  /** Of the model's own process, since the last reset. */
  cpuSeconds: number;
}

export type Kind = 'read' | 'write';

export class Counters {
  private requests: Record<string, number> = {};
  private slowDowns: Record<string, number> = {};
  private errors: Record<string, number> = {};
  private readonly seconds: Record<Kind, (number | undefined)[]> = { read: [], write: [] };
  private inFlight = 0;
  private peakInFlight = 0;
  private first: number | undefined;
  private last = 0;
  private cpu = process.cpuUsage();
  waitedMs = 0;
  bytesIn = 0;
  bytesOut = 0;
  copiedBytes = 0;

  began(now: number): void {
    this.first ??= now;
    this.inFlight += 1;
    if (this.inFlight > this.peakInFlight) this.peakInFlight = this.inFlight;
  }

  passed(operation: string, kind: Kind, now: number): void {
    count(this.requests, operation);
    const second = Math.floor((now - (this.first ?? now)) / 1000);
    this.seconds[kind][second] = (this.seconds[kind][second] ?? 0) + 1;
  }

  slowedDown(operation: string): void {
    count(this.slowDowns, operation);
  }

  failed(operation: string): void {
    count(this.errors, operation);
  }

  ended(now: number): void {
    this.inFlight -= 1;
    this.last = now;
  }

  /** Those in flight stay. */
  reset(): void {
    this.requests = {};
    this.slowDowns = {};
    this.errors = {};
    this.seconds.read = [];
    this.seconds.write = [];
    this.peakInFlight = this.inFlight;
    this.first = undefined;
    this.last = this.waitedMs = this.bytesIn = this.bytesOut = this.copiedBytes = 0;
    this.cpu = process.cpuUsage();
  }

  stats(): Stats {
    const { user, system } = process.cpuUsage(this.cpu);
    return {
      requests: this.requests,
      slowDowns: this.slowDowns,
      errors: this.errors,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      copiedBytes: this.copiedBytes,
      peakInFlight: this.peakInFlight,
      waitedMs: Math.round(this.waitedMs),
      readsBySecond: dense(this.seconds.read),
      writesBySecond: dense(this.seconds.write),
      durationMs: this.first === undefined ? 0 : Math.round(this.last - this.first),
      cpuSeconds: (user + system) / 1e6,
    };
  }
}

function count(counts: Record<string, number>, operation: string): void {
  counts[operation] = (counts[operation] ?? 0) + 1;
}

/** A second without requests has no entry. */
function dense(counts: readonly (number | undefined)[]): number[] {
  return Array.from(counts, (n) => n ?? 0);
}
