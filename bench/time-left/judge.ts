/** Whether "about … left" was right: what a run told is told again to who estimates, and held against when it ended. Pure. */
import { ProgressWatch } from '../../src/cli/progress-facts.js';
import type { Progress } from '../../src/repartition/api.js';

/** A run: all that it told, and when. */
export interface ToldRun {
  name: string;
  /** Seconds since the begin. */
  end: number;
  told: [seconds: number, progress: Progress][];
}

/** What was said at a moment of the time left, beside the truth; all in seconds. */
export interface Estimate {
  at: number;
  /** Nothing as long as nothing can be told. */
  said: number | undefined;
  truth: number;
}

/** From this share of a run on, what is said should be right. */
const FROM = 0.1;
/** Of the truth: more is wrong. */
const TOLERANCE = 0.3;
/** Moments that are looked at, in a run. */
const LOOKS = 200;

/** What was said at each moment from a tenth of the run on. */
export function estimatesOf({ end, told }: ToldRun): Estimate[] {
  const watch = new ProgressWatch();
  let next = 0;
  return Array.from({ length: LOOKS }, (_, i) => (end * i) / LOOKS).flatMap((at) => {
    for (; next < told.length && told[next]![0] <= at; next++) watch.note(told[next]![1], told[next]![0]);
    return at < FROM * end ? [] : [{ at, said: watch.at(at)?.secondsLeft, truth: end - at }];
  });
}

/** How right a run's estimates were. */
export interface Judgement {
  judged: number;
  /** Moments at which nothing was said. */
  unsaid: number;
  within: number;
  /** Shares of the truth. */
  median: number;
  worst: number;
  /** Where that was. */
  worstAt: Estimate | undefined;
}

/** @param least seconds: where less is left, a second is a lot and nobody minds it, so nothing is judged */
export function judge(run: ToldRun, least: number): Judgement {
  const minded = estimatesOf(run).filter(({ truth }) => truth >= least);
  const said = minded
    .filter((estimate) => estimate.said !== undefined)
    .map((estimate) => ({ estimate, off: deviation(estimate) }))
    .sort((a, b) => a.off - b.off);
  const worst = said.at(-1);
  return {
    judged: minded.length,
    unsaid: minded.length - said.length,
    within: said.filter(({ off }) => off <= TOLERANCE).length,
    median: said[Math.floor(said.length / 2)]?.off ?? 0,
    worst: worst?.off ?? 0,
    worstAt: worst?.estimate,
  };
}

/** A share of the truth. */
function deviation({ said, truth }: Estimate): number {
  return said === undefined ? Infinity : Math.abs(said - truth) / truth;
}
