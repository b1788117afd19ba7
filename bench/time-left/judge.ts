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

/** What was shown at a moment of the time left, beside the truth; all in seconds. */
export interface Estimate {
  at: number;
  /** Nothing as long as nothing can be told. */
  said: number | undefined;
  /** Nothing was said, but what has to come first. */
  isExplained: boolean;
  truth: number;
}

/** From this share of a run on, what is said should be right. */
const FROM = 0.1;
/** Of the truth: more is wrong. */
const TOLERANCE = 0.3;
/** Less than this many seconds nobody minds: one second was said, and it were three. Only so are they forgiven, never more. */
export const FLOOR = 2;
/** Moments that are looked at, in a run. */
const LOOKS = 200;

/** What was shown at each moment from a tenth of the run on, up to its end. */
export function estimatesOf({ end, told }: ToldRun): Estimate[] {
  const watch = new ProgressWatch();
  let next = 0;
  return Array.from({ length: LOOKS }, (_, i) => (end * i) / LOOKS).flatMap((at) => {
    for (; next < told.length && told[next]![0] <= at; next++) watch.note(told[next]![1], told[next]![0]);
    if (at < FROM * end) return [];
    const facts = watch.at(at);
    const isExplained = facts?.leftUntil !== undefined;
    return { at, said: facts?.secondsLeft, isExplained, truth: end - at };
  });
}

function isRight({ said, truth }: Estimate): boolean {
  return said !== undefined && Math.abs(said - truth) <= Math.max(TOLERANCE * truth, FLOOR);
}

/** How right a run's estimates were. */
export interface Judgement {
  /** All moments from a tenth of the run to its end. */
  judged: number;
  /** Within 30 %, or {@link FLOOR} seconds. */
  right: number;
  /** Within 30 % alone. */
  strictly: number;
  /** Nothing was said, but that it depends on what is still to come. */
  explained: number;
  /** Nothing was said at all: as wrong as something wrong. */
  silent: number;
  /** From this share of the run on something was said. */
  saidFrom: number | undefined;
  /** The wrong one that was off by the largest share of the truth. */
  worst: Estimate | undefined;
}

export function judge(run: ToldRun): Judgement {
  const all = estimatesOf(run);
  const said = all.filter((estimate) => estimate.said !== undefined);
  const off = ({ said = 0, truth }: Estimate): number => Math.abs(said - truth) / truth;
  const explained = all.filter(({ said, isExplained }) => said === undefined && isExplained).length;
  return {
    judged: all.length,
    right: all.filter(isRight).length,
    strictly: said.filter((estimate) => off(estimate) <= TOLERANCE).length,
    explained,
    silent: all.length - said.length - explained,
    saidFrom: said[0] && said[0].at / run.end,
    worst: said.filter((estimate) => !isRight(estimate)).sort((a, b) => off(b) - off(a))[0],
  };
}
