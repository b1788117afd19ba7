/**
 * Runs that never ran: parts are made many at a time, each takes a while that differs, and a run has phases before and
 * after. They tell what real ones tell, at the same moments.
 */
import type { ToldRun } from '../../bench/time-left/judge.js';
import type { Progress } from '../../src/repartition/api.js';

export interface Simulation {
  /** To be made. */
  parts: number;
  /** In place from an earlier run. */
  resumed?: number;
  /** Whose footers are read. */
  inputs?: number;
  /** A batch of neighbours is done when all of them are; so many batches are made side by side. */
  batches: number;
  batch: number;
  /** From a part's begin to its end, on average; it differs by a quarter either way. */
  partSeconds: number;
  /** Of one, with all others that are read side by side. */
  footerSeconds: number;
  /** Before the first part can begin. */
  startSeconds?: number;
  /** How much longer a part takes that begins then. */
  slowness?: (share: number) => number;
  /** Parts are made on other machines, and only results come back. */
  isElsewhere?: boolean;
  /** Numbers from 0 to 1. */
  random: () => number;
}

/** Pieces of a part, each of which is told of when it is there. */
const PIECES = 4;
const LOOK_EVERY = 0.5;

interface Made {
  begin: number;
  end: number;
}

export function simulated(name: string, simulation: Simulation): ToldRun {
  const { parts, resumed = 0, inputs = 2 * parts, footerSeconds, startSeconds = 0.5 } = simulation;
  const told: ToldRun['told'] = [];
  let now = 0.4;
  const phase = (seconds: number, total: number, facts: (done: number) => Progress): void => {
    const steps = Math.min(total, 200);
    for (let i = 1; i <= steps; i++)
      told.push([now + (seconds * i) / steps, facts(Math.floor((total * i) / steps))]);
    now += seconds;
  };
  phase(inputs * footerSeconds, inputs, (done) => {
    return { phase: 'inventory', done, total: inputs, ahead: 'parts' };
  });
  if (resumed > 0) {
    phase(resumed * footerSeconds, resumed, (done) => {
      return { phase: 'resume', done, total: resumed, ...(parts > 0 && { ahead: 'parts' }) };
    });
  }
  if (parts > 0) {
    const made = makingOf(simulation).map(({ begin, end }): Made => {
      return { begin: begin + startSeconds, end: end + startSeconds };
    });
    const seconds = Math.max(...made.map(({ end }) => end));
    for (let at = 0; at < seconds; at += LOOK_EVERY) told.push([now + at, stateAt(made, at, simulation)]);
    now += seconds;
    told.push([now, stateAt(made, seconds, simulation)]);
  }
  const all = resumed + parts;
  phase(all * footerSeconds, all, (done) => ({ phase: 'verify', done, total: all }));
  const looked = inputs + all;
  phase(looked * footerSeconds * 0.2, looked, (done) => ({ phase: 'guard', done, total: looked }));
  return { name, end: now + 0.2, told };
}

function makingOf({ parts, batches, batch, partSeconds, slowness, random }: Simulation): Made[] {
  const made: Made[] = [];
  const free = new Array<number>(batches).fill(0);
  while (made.length < parts) {
    const at = free.indexOf(Math.min(...free));
    const begin = free[at]!;
    const slow = slowness?.(made.length / parts) ?? 1;
    const together = Array.from({ length: Math.min(batch, parts - made.length) }, () => {
      return { begin, end: begin + partSeconds * slow * (0.75 + 0.5 * random()) };
    });
    made.push(...together);
    free[at] = Math.max(...together.map(({ end }) => end));
  }
  return made;
}

const PART_BYTES = 128_000_000;

function stateAt(made: readonly Made[], at: number, { isElsewhere }: Simulation): Progress {
  const total = made.length;
  const begun = made.filter(({ begin }) => begin < at);
  const there = made.filter(({ end }) => end <= at);
  const pieces = begun.reduce((sum, { begin, end }) => {
    return sum + Math.min(1, Math.floor(((at - begin) / (end - begin)) * PIECES) / PIECES);
  }, 0);
  const share = isElsewhere ? there.length / total : pieces / total;
  const lately = there.slice(-32).map(({ begin, end }) => end - begin);
  return {
    phase: 'parts',
    done: there.length,
    total,
    bytes: share * total * PART_BYTES,
    totalBytes: total * PART_BYTES,
    share,
    ...(!isElsewhere && begun.length > 0 && { begun: begun.length / total, finished: there.length / total }),
    ...(!isElsewhere &&
      lately.length > 0 && { partSeconds: lately.reduce((a, b) => a + b, 0) / lately.length }),
  };
}
