/** Whether "about … left" was right: on runs that were recorded, and on made-up ones whose end is known. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ProgressWatch } from '../../src/cli/progress-facts.js';
import type { Progress } from '../../src/repartition/api.js';

/** A recorded run: all that it told, and when. `recorded-runs.json` says of each what ran where. */
interface Recorded {
  name: string;
  /** Seconds since the begin. */
  end: number;
  told: [seconds: number, progress: Progress][];
}

const recorded = JSON.parse(
  readFileSync(new URL('recorded-runs.json', import.meta.url), 'utf8'),
) as Recorded[];

/** What was said of the time left at each moment from a tenth of the run on, beside the truth. */
function estimates({ end, told }: Recorded): { at: number; said: number | undefined; truth: number }[] {
  const watch = new ProgressWatch();
  const said: { at: number; said: number | undefined; truth: number }[] = [];
  let next = 0;
  const step = end / 200;
  for (let at = 0; at < end; at += step) {
    for (; next < told.length && told[next]![0] <= at; next++) watch.note(told[next]![1], told[next]![0]);
    if (at >= end / 10) said.push({ at, said: watch.at(at)?.secondsLeft, truth: end - at });
  }
  return said;
}

/** Near the end a second is a lot, and nobody minds. */
const SECONDS_THAT_NOBODY_MINDS = 2;

describe('the time left, from a tenth of the run on,', () => {
  test.each(recorded.map((run) => [run.name, run] as const))('is right within 30 %%: %s', (_name, run) => {
    const all = estimates(run);
    const wrong = all.filter(({ said, truth }) => {
      if (said === undefined) return true;
      return Math.abs(said - truth) > Math.max(0.3 * truth, SECONDS_THAT_NOBODY_MINDS);
    });
    // A disk that stands still for a moment is nothing that could have been foreseen.
    expect({ of: all.length, wrong: wrong.slice(0, 5), many: wrong.length > all.length / 20 }).toMatchObject({
      many: false,
    });
  });
});
