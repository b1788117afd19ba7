/** How far a run is: a line that is drawn over on a terminal, a line now and then in a log. */
import type { Console } from './console.js';
import type { Logger } from './logger.js';
import { ProgressWatch, type Shown } from './progress-facts.js';
import { describeProgress, describeStart, describeTrouble, drawProgress } from './progress-words.js';

export interface ProgressDisplay {
  report(progress: Shown): void;
  /** Takes what is shown away. */
  stop(): void;
}

export const noProgress: ProgressDisplay = { report: () => undefined, stop: () => undefined };

/** Seconds since some moment. */
export type Clock = () => number;

const clock: Clock = () => performance.now() / 1000;

/** Between two looks whether a line is due, also while nothing is told. */
const LOOK_EVERY_MS = 1000;

/** Seconds between two looks, where a run tells of one part after the other: to say how long it will yet take takes a while. */
const LOOK_SECONDS = 0.25;

/** Seconds between two lines of a run that goes on for so long: whoever reads hours of it wants fewer. */
function lineEvery(seconds: number): number {
  if (seconds < 120) return 10;
  return seconds < 600 ? 30 : 60;
}

/** For logs: a line when a phase begins, then one every so often, and one when S3 begins to refuse requests. */
export function progressLines(log: Logger, now: Clock = clock): ProgressDisplay {
  const watch = new ProgressWatch();
  const began = now();
  let said = began;
  let looked = -Infinity;
  let isTroubleKnown = false;
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const at = now();
    looked = at;
    const facts = watch.at(at);
    if (!facts) return;
    const trouble = describeTrouble(facts);
    if (trouble !== undefined && !isTroubleKnown) {
      isTroubleKnown = true;
      log.info(trouble, { progress: facts });
    }
    if (at - said < lineEvery(at - began)) return;
    said = at;
    log.info(describeProgress(facts), { progress: facts });
  };
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  return {
    report(progress) {
      const at = now();
      if (watch.note(progress, at)) {
        const facts = watch.at(at)!;
        log.info(describeStart(facts), { progress: facts });
        said = at;
      }
      if (!timer) {
        timer = setInterval(look, LOOK_EVERY_MS);
        timer.unref();
      }
      if (at - looked >= LOOK_SECONDS) look();
    },
    stop,
  };
}

/** Between two drawings. */
const DRAW_EVERY_MS = 250;

/** For terminals: one line at the bottom that is drawn over and goes away at the end. */
export function progressLine(console: Console, now: Clock = clock): ProgressDisplay {
  const watch = new ProgressWatch();
  let drawn = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    drawn = now();
    console.redraw();
  };
  return {
    report(progress) {
      const isNew = watch.note(progress, now());
      if (!timer) {
        timer = setInterval(draw, DRAW_EVERY_MS);
        timer.unref();
        console.show((width) => {
          const facts = watch.at(now());
          return facts ? drawProgress(facts, width) : '';
        });
      }
      // Where this thread is busy, no timer has its turn.
      if (isNew || (now() - drawn) * 1000 >= DRAW_EVERY_MS) draw();
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
      console.show(undefined);
    },
  };
}
