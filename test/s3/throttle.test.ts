import { afterEach, describe, expect, test, vi } from 'vitest';
import { PatientRetries } from '../../src/s3/retry.js';
import { Throttle } from '../../src/s3/throttle.js';

/** Lets `count` requests succeed one after the other. */
function succeed(throttle: Throttle, count: number): void {
  for (let i = 0; i < count; i += 1) throttle.attempt()('fine');
}

/** Does something while more requests wait than the cap lets through. */
async function withWaiting(throttle: Throttle, work: () => void): Promise<void> {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const waiting = Array.from({ length: 300 }, () => throttle.run(() => ended));
  work();
  end();
  await Promise.all(waiting);
}

/** Runs so many requests that take a moment, and tells how many ran side by side. */
async function mostAtOnce(throttle: Throttle, count: number): Promise<number> {
  let [running, most] = [0, 0];
  const done = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      throttle.run(async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return i;
      }),
    ),
  );
  expect(done).toEqual(Array.from({ length: count }, (_, i) => i));
  return most;
}

/** Lets `count` short requests succeed that each take so many milliseconds. */
function succeedIn(milliseconds: number, throttle: Throttle, count: number): void {
  for (let i = 0; i < count; i += 1) {
    const report = throttle.attempt();
    vi.advanceTimersByTime(milliseconds);
    report('fine', { isShort: true });
  }
}

describe('the cap on requests in flight', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('grows no more where short answers take twice as long as with fewer in flight, until they are fast again', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const throttle = new Throttle(256);
    await withWaiting(throttle, () => {
      succeedIn(30, throttle, 64);
      expect(throttle.cap).toBe(96);
      succeedIn(90, throttle, 200);
      const crowded = throttle.cap;
      expect(crowded).toBeLessThan(160);
      succeedIn(90, throttle, 500);
      expect(throttle.cap).toBe(crowded);
      succeedIn(30, throttle, 300);
      expect(throttle.cap).toBe(256);
    });
  });

  test('grows on where short answers take longer for the rest of a run', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const throttle = new Throttle(256);
    await withWaiting(throttle, () => {
      succeedIn(30, throttle, 64);
      succeedIn(90, throttle, 2000);
      expect(throttle.cap).toBeLessThan(160);
      succeedIn(90, throttle, 30_000);
      expect(throttle.cap).toBe(256);
    });
  });

  test('grows whatever long answers take, and slow ones from the beginning', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const throttle = new Throttle(256);
    await withWaiting(throttle, () => {
      succeedIn(300, throttle, 64);
      for (let i = 0; i < 100; i += 1) {
        const report = throttle.attempt();
        vi.advanceTimersByTime(3000);
        report('fine');
      }
      succeedIn(500, throttle, 100);
      expect(throttle.cap).toBe(256);
    });
  });

  test('loses a quarter when S3 says SlowDown, down to one', () => {
    const throttle = new Throttle(32);
    const caps = [32];
    for (let i = 0; i < 10; i += 1) {
      throttle.attempt()('slow-down');
      caps.push(throttle.cap);
    }
    expect(caps).toEqual([32, 24, 18, 13, 9, 6, 4, 3, 2, 1, 1]);
  });

  test('loses it once for a burst of refusals to requests that were on their way together', () => {
    const throttle = new Throttle(32);
    const reports = Array.from({ length: 32 }, () => throttle.attempt());
    for (const report of reports) report('slow-down');
    expect(throttle.cap).toBe(24);
  });

  test('doubles with each round of answers as long as more is waiting, up to the most', async () => {
    const throttle = new Throttle(100);
    const caps: number[] = [];
    await withWaiting(throttle, () => {
      for (let round = 0; round < 4; round += 1) {
        caps.push(throttle.cap);
        succeed(throttle, throttle.cap);
      }
    });
    expect(caps).toEqual([32, 64, 100, 100]);
  });

  test('stays where nothing is waiting for it', () => {
    const throttle = new Throttle(100);
    succeed(throttle, 1000);
    expect(throttle.cap).toBe(32);
  });

  test('grows back by one for as many successes as it is high', async () => {
    const throttle = new Throttle(8);
    throttle.attempt()('slow-down');
    expect(throttle.cap).toBe(6);
    await withWaiting(throttle, () => {
      succeed(throttle, 5);
      expect(throttle.cap).toBe(6);
      succeed(throttle, 1);
      expect(throttle.cap).toBe(7);
      succeed(throttle, 7);
      expect(throttle.cap).toBe(8);
      succeed(throttle, 100);
      expect(throttle.cap).toBe(8);
    });
  });

  test('is that of all threads, and each has its share', async () => {
    const counters = new Int32Array(new SharedArrayBuffer(32));
    const [one, other] = [
      new Throttle(100, { threads: 2, counters }),
      new Throttle(100, { threads: 2, counters }),
    ];
    one.attempt()('slow-down');
    expect([one.cap, other.cap]).toEqual([24, 24]);
    expect(await mostAtOnce(one, 50)).toBe(12);
  });

  test('is kept: no more work runs at once, and all of it runs', async () => {
    const throttle = new Throttle(4);
    throttle.attempt()('slow-down');
    expect(await mostAtOnce(throttle, 20)).toBe(3);
  });
});

describe('requests that S3 refuses with SlowDown', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('are sent again after a second at most, and hold no others back', async () => {
    vi.useFakeTimers();
    const retries = new PatientRetries(10);
    const refused = await Promise.all(
      Array.from({ length: 256 }, () => retries.acquireInitialRetryToken('')),
    );
    const again = refused.map((token) =>
      retries.refreshRetryTokenForRetry(token, { errorType: 'THROTTLING' }),
    );
    let others = 0;
    for (let i = 0; i < 256; i += 1) void retries.acquireInitialRetryToken('').then(() => (others += 1));
    await vi.advanceTimersByTimeAsync(0);
    expect(others).toBe(256);
    await vi.advanceTimersByTimeAsync(1000);
    await Promise.all(again);
  });
});
