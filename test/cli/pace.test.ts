/** Whether "about … left" was right: on runs that were recorded, and on made-up ones whose end is known. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Estimate, estimatesOf, judge, type ToldRun } from '../../bench/time-left/judge.js';
import { ProgressWatch } from '../../src/cli/progress-facts.js';
import type { Progress } from '../../src/repartition/api.js';

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

test.each(runs.map((run) => [run.name, run] as const))(
  'from a tenth of the run on, the time left is right within 30 %%: %s',
  (_name, run) => {
    const wrong = estimates(run).filter(({ said, truth }) => {
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

test.each(model.map((run) => [run.name, run] as const))(
  'what is said from a tenth on is right within 30 %%, and from a quarter on something is: %s',
  (_name, run) => {
    const { judged, unsaid, within } = judge(run, SECONDS_THAT_NOBODY_MINDS);
    expect(within).toBe(judged - unsaid);
    const late = estimatesOf(run).filter(({ at }) => at >= run.end / 4 && at <= 0.9 * run.end);
    expect(late.filter(({ said }) => said === undefined)).toEqual([]);
  },
);

test('what becomes slower in the middle is soon told so', () => {
  // Four times as slow from a hundred seconds on.
  const slower = madeUp('', 400, (seconds) => (seconds < 100 ? seconds / 200 : 0.5 + (seconds - 100) / 800));
  slower.end = 500;
  const later = estimates(slower).filter(({ at }) => at > 300 && at < 400);
  for (const { said, truth } of later) expect(Math.abs(said! - truth)).toBeLessThan(0.3 * truth);
});

test('checking what was made takes as long as reading it did before', () => {
  const watch = new ProgressWatch();
  watch.note({ phase: 'inventory', done: 0, total: 100 }, 0);
  watch.note({ phase: 'inventory', done: 100, total: 100 }, 10);
  watch.note(parts(0), 10);
  for (let second = 1; second <= 10; second++) watch.note(parts(second / 20), 10 + second);
  // Ten for the other half of the parts, and ten for a look at all of them.
  expect(Math.abs(watch.at(20)!.secondsLeft! - 20)).toBeLessThan(1);
});
