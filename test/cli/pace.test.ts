/** Whether "about … left" was right: on runs that were recorded, and on made-up ones whose end is known. */
import { readFileSync } from 'node:fs';
import fc, { howMany } from '../support/properties.js';
import { describe, expect, test } from 'vitest';
import { type Estimate, estimatesOf, judge, type ToldRun } from '../../bench/time-left/judge.js';
import { ProgressWatch } from '../../src/cli/progress-facts.js';
import type { Progress } from '../../src/repartition/api.js';
import { seededRandom } from '../support/random.js';
import { type Simulation, simulated } from './simulated-runs.js';

const recorded = JSON.parse(
  readFileSync(new URL('recorded-runs.json', import.meta.url), 'utf8'),
) as ToldRun[];

const BYTES = 12_800_000_000;
const parts = (share: number): Progress => {
  return {
    phase: 'parts',
    done: Math.floor(share * 100),
    total: 100,
    bytes: share * BYTES,
    totalBytes: BYTES,
    share,
  };
};

/** @param shareAt what is done after so many seconds; told every half a second */
function madeUp(name: string, end: number, shareAt: (seconds: number) => number): ToldRun {
  const told = Array.from({ length: Math.ceil(end * 2) }, (_, i): [number, Progress] => [
    i / 2,
    parts(Math.min(1, shareAt(i / 2))),
  ]);
  return { name, end, told };
}

const runs: ToldRun[] = [
  ...recorded,
  madeUp('the same speed throughout, for a minute', 60, (seconds) => seconds / 60),
  madeUp(
    'the same speed, but nothing is there for two seconds',
    62,
    (seconds) => Math.max(0, seconds - 2) / 60,
  ),
  madeUp('a hundred parts one by one, whole', 200, (seconds) => Math.floor(seconds / 2) / 100),
  madeUp('ten parts at a time, that end together', 400, (seconds) => Math.floor(seconds / 10) / 40),
  // Requests double with each round of answers until they are as many as there may be.
  madeUp('slow at first, as on S3', 303, (seconds) =>
    seconds < 5 ? (seconds * seconds) / 10 / 300 : (seconds - 2.5) / 300,
  ),
  madeUp('an hour', 3600, (seconds) => seconds / 3600),
];

/** Of the shortest runs nothing is said yet. */
const SECONDS_BEFORE_ANYTHING = 3;

/** Those of the moments that are judged here. */
function estimates(run: ToldRun): Estimate[] {
  // What comes in lumps may be one off at the very end.
  return estimatesOf(run).filter(({ at }) => at >= SECONDS_BEFORE_ANYTHING && at <= 0.9 * run.end);
}

/** Near the end a second is a lot, and nobody minds. */
const SECONDS_THAT_NOBODY_MINDS = 3;

test.each(runs.map((run) => [run.name, () => run] as const))(
  'from a tenth of the run on, the time left is right within 30 %%: %s',
  (_name, of) => {
    const wrong = estimates(of()).filter(({ said, truth }) => {
      if (truth < SECONDS_THAT_NOBODY_MINDS && said === undefined) return false;
      return said === undefined || Math.abs(said - truth) > Math.max(0.3 * truth, SECONDS_THAT_NOBODY_MINDS);
    });
    expect(wrong).toEqual([]);
  },
);

/** As `npm run bench -- time-left --record` has written them down. */
const model = JSON.parse(
  readFileSync(new URL('recorded-model-runs.json', import.meta.url), 'utf8'),
) as ToldRun[];

test.each(model.map((run) => [run.name, () => run] as const))(
  'what a run in the model of S3 says from a tenth on is right within 30 %%, or else why nothing is said: %s',
  (name, of) => {
    const { judged, right, explained, saidFrom } = judge(of());
    // The machine had other work too: one moment in twenty may be wrong. And nobody knows before that a run will be held up.
    const mostWrong = name.includes('fewer requests taken') ? 6 : 20;
    expect(judged - right - explained).toBeLessThanOrEqual(judged / mostWrong);
    expect(saidFrom).toBeLessThan(0.25);
  },
);

/** On S3, with two threads. */
const S3 = { batches: 2, batch: 16, partSeconds: 1.5, footerSeconds: 0.0015 };

/**
 * @param soon the share of the run from which on the time left must be told
 * @param mostWrong the share of moments that may be wrong: things come in lumps
 */
function expectRight(
  shape: (at: { parts: number; partSeconds: number }) => Partial<Simulation>,
  soon: number,
  mostWrong = 1 / 50,
): void {
  const sizes = fc.record({
    parts: fc.integer({ min: 1500, max: 4000 }),
    partSeconds: fc.double({ min: 1, max: 6, noNaN: true }),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(sizes, ({ seed, ...size }) => {
      const run = simulated('', { ...S3, ...size, ...shape(size), random: seededRandom(seed) });
      const { judged, right, explained, saidFrom } = judge(run);
      expect(judged - right - explained).toBeLessThanOrEqual(mostWrong * judged);
      expect(saidFrom).toBeLessThan(soon);
    }),
    { numRuns: howMany(5), endOnFailure: true },
  );
}

describe('a run that goes on as it goes is told right from a tenth on', () => {
  test('on S3', () => expectRight(() => ({}), 0.13));

  test('where half of the parts are there already', () =>
    expectRight(({ parts }) => ({ resumed: parts, inputs: 4 * parts }), 0.3));

  test('where S3 takes fewer requests for a while', () =>
    expectRight(() => ({ slowness: (share) => (share > 0.4 && share < 0.55 ? 1.4 : 1) }), 0.13));

  test('on a disk', () => expectRight(() => ({ batch: 1, batches: 2, footerSeconds: 0.0002 }), 0.13));

  test('on other machines, of which only results are known', () =>
    // Results alone come in the largest lumps.
    expectRight(() => ({ isElsewhere: true }), 0.2, 1 / 30));
});

test('of a run that has all parts already the rest is told as soon as that is known', () => {
  const run = simulated('', { ...S3, parts: 0, resumed: 5000, inputs: 5000, random: seededRandom(1) });
  const { judged, right, explained, silent } = judge(run);
  expect(judged - right - explained).toBe(0);
  expect(silent).toBe(0);
});

test('at the moment at which something is told there is a number', () => {
  const watch = new ProgressWatch();
  const { told } = simulated('', { ...S3, parts: 200, random: seededRandom(1) });
  for (const [at, progress] of told) {
    watch.note(progress, at);
    const { secondsLeft = 0 } = watch.at(at)!;
    expect(secondsLeft).toBeGreaterThanOrEqual(0);
    expect(secondsLeft).toBeLessThan(100);
  }
});

test('of parts that all begin at once the rest is told by their bytes', () => {
  const run = simulated('', { ...S3, parts: 20, partSeconds: 300, random: seededRandom(1) });
  expect(judge(run).saidFrom).toBeLessThan(0.65);
});

test('nothing is told of what depends on what comes later, but that it does', () => {
  const watch = new ProgressWatch();
  for (let second = 0; second <= 10; second++) {
    watch.note({ phase: 'inventory', done: 10 * second, total: 200, ahead: 'parts' }, second);
  }
  expect(watch.at(10)).toMatchObject({ leftUntil: 'parts' });
  expect(watch.at(10)).not.toHaveProperty('secondsLeft');
  // A plan ends with its inventory.
  for (let second = 11; second <= 15; second++)
    watch.note({ phase: 'inventory', done: 10 * second, total: 200 }, second);
  expect(watch.at(15)!.secondsLeft).toBeCloseTo(5);
});

test('what becomes slower in the middle is soon told so', () => {
  // Four times as slow from a hundred seconds on.
  const slower = madeUp('', 400, (seconds) => (seconds < 100 ? seconds / 200 : 0.5 + (seconds - 100) / 800));
  slower.end = 500;
  const later = estimates(slower).filter(({ at }) => at > 300 && at < 400);
  for (const { said, truth } of later) expect(Math.abs(said! - truth)).toBeLessThan(0.3 * truth);
});

describe('where S3 asks to slow down', () => {
  /** Told twice a second: what is done at a second, how often S3 has asked by then, and what a part takes. */
  function throttled(
    end: number,
    at: (seconds: number) => { share: number; slowDowns: number; partSeconds?: number },
  ): ToldRun {
    const told = Array.from({ length: 2 * end }, (_, i): [number, Progress] => {
      const { share, slowDowns, partSeconds = 2 } = at(i / 2);
      const underWay = { begun: Math.min(1, share + 0.02), finished: share, partSeconds };
      return [i / 2, { ...parts(share), ...underWay, slowDowns }];
    });
    return { name: '', end, told };
  }
  const between = (from: number, to: number, { at }: Estimate): boolean => at >= from && at < to;
  const isRight = ({ said, truth }: Estimate): boolean =>
    said !== undefined && Math.abs(said - truth) <= Math.max(0.3 * truth, 2);

  test('and takes a fifth for a while, no number is told until it is over, and then at once the right one', () => {
    const all = estimatesOf(
      throttled(115, (seconds) => {
        const held = Math.min(Math.max(0, seconds - 40), 18);
        return { share: (seconds - 0.8 * held) / 100, slowDowns: Math.floor(held) * 20 };
      }),
    );
    for (const { said, isExplained } of all.filter((some) => between(43, 58, some)))
      expect([said, isExplained]).toEqual([undefined, true]);
    for (const some of all.filter((some) => between(62, 105, some))) expect(some).toSatisfy(isRight);
  });

  test('and takes as much throughout, a number is told throughout', () => {
    const run = throttled(100, (seconds) => ({ share: seconds / 100, slowDowns: Math.floor(seconds / 2) }));
    for (const some of estimatesOf(run)) expect(some).toSatisfy(isRight);
  });

  test('and takes less from then on, that is how the run goes after a while', () => {
    const run = throttled(240, (seconds) => {
      const share = Math.min(seconds, 40) / 100 + Math.max(0, seconds - 40) / 333;
      return { share, slowDowns: seconds * 2, partSeconds: seconds < 45 ? 2 : 6.7 };
    });
    const all = estimatesOf(run);
    expect(all.find((some) => between(45, 50, some))).toMatchObject({ said: undefined, isExplained: true });
    for (const some of all.filter((some) => between(66, 230, some))) expect(some).toSatisfy(isRight);
  });
});

test('checking what was made takes as long as reading it did before', () => {
  const watch = new ProgressWatch();
  watch.note({ phase: 'inventory', done: 0, total: 100 }, 0);
  watch.note({ phase: 'inventory', done: 100, total: 100 }, 10);
  watch.note(parts(0), 10);
  for (let second = 1; second <= 10; second++) watch.note(parts(second / 20), 10 + second);
  // Ten for the other half of the parts, ten for a look at all of them, and four for one at all files before publishing.
  expect(Math.abs(watch.at(20)!.secondsLeft! - 24)).toBeLessThan(1);
});

test('reading footers is as fast as it was lately: threads start at first', () => {
  const watch = new ProgressWatch();
  for (const [at, done] of [
    [0, 0],
    [9, 50],
    [10, 100],
  ] as const)
    watch.note({ phase: 'inventory', done, total: 100 }, at);
  for (let second = 0; second <= 10; second++) watch.note(parts(second / 20), 10 + second);
  // Ten for the other half of the parts, two for a look at all of them, and nearly one for that before publishing.
  expect(Math.abs(watch.at(20)!.secondsLeft! - 12.8)).toBeLessThan(1);
});

test('small files count for what reading one takes', () => {
  const watch = new ProgressWatch();
  // Ten thousand of 100 kB come first, then forty thousand of next to nothing, which take nine seconds.
  for (let second = 0; second <= 6; second++) {
    const bytes = (second / 6) * 1e9;
    watch.note(
      { phase: 'deep', done: (second / 6) * 10_000, total: 50_000, bytes, totalBytes: 1.01e9 },
      second,
    );
  }
  const { secondsLeft } = watch.at(6)!;
  expect(Math.abs(secondsLeft! - 9)).toBeLessThan(0.3 * 9);
});
