import { describe, expect, test } from 'vitest';
import { Throttle } from '../../src/s3/throttle.js';

/** Lets `count` requests succeed one after the other. */
function succeed(throttle: Throttle, count: number): void {
  for (let i = 0; i < count; i += 1) throttle.attempt()('fine');
}

describe('the cap on requests in flight', () => {
  test('is halved when S3 says SlowDown, down to one', () => {
    const throttle = new Throttle(32);
    const caps = [32];
    for (let i = 0; i < 6; i += 1) {
      throttle.attempt()('slow-down');
      caps.push(throttle.cap);
    }
    expect(caps).toEqual([32, 16, 8, 4, 2, 1, 1]);
  });

  test('is halved once for a burst of refusals to requests that were on their way together', () => {
    const throttle = new Throttle(32);
    const reports = Array.from({ length: 32 }, () => throttle.attempt());
    for (const report of reports) report('slow-down');
    expect(throttle.cap).toBe(16);
  });

  test('grows back by one for as many successes as it is high, and no further than it was', () => {
    const throttle = new Throttle(8);
    throttle.attempt()('slow-down');
    expect(throttle.cap).toBe(4);
    succeed(throttle, 3);
    expect(throttle.cap).toBe(4);
    succeed(throttle, 1);
    expect(throttle.cap).toBe(5);
    succeed(throttle, 5 + 6 + 7);
    expect(throttle.cap).toBe(8);
    succeed(throttle, 100);
    expect(throttle.cap).toBe(8);
  });

  test('is kept: no more work runs at once, and all of it runs', async () => {
    const throttle = new Throttle(4);
    throttle.attempt()('slow-down');
    let running = 0;
    let most = 0;
    const done = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        throttle.run(async () => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          return i;
        }),
      ),
    );
    expect(most).toBe(2);
    expect(done).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });
});
