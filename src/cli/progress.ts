/** How far a run is: a bar on a terminal, a line now and then elsewhere. */
import { createRequire } from 'node:module';
import type { GenericFormatter, MultiBar, SingleBar } from 'cli-progress';
import type { Log, Progress } from '../repartition/api.js';
import type { Console } from './console.js';
import { formatBytes, formatCount, formatDuration, plural } from './format.js';

/** What is shown: what the engine tells, and how far an upload is. */
export type Shown =
  Progress | { phase: 'upload'; done: number; total: number; bytes: number; totalBytes: number };

export interface ProgressDisplay {
  report(progress: Shown): void;
  /** Takes the bar away. */
  stop(): void;
}

const PHASES: Record<Shown['phase'], { doing: string; noun?: string; start: (parts: string) => string }> = {
  inventory: { doing: 'Reading footers', start: (parts) => `reading the footers of ${parts}` },
  parts: { doing: 'Making parts', start: (parts) => `making ${parts}` },
  verify: { doing: 'Checking parts', start: (parts) => `checking ${parts}` },
  deep: { doing: 'Reading values', start: (parts) => `reading the values of ${parts}` },
  upload: { doing: 'Uploading', noun: 'file', start: (files) => `comparing and uploading ${files}` },
};

export const noProgress: ProgressDisplay = { report: () => undefined, stop: () => undefined };

/** Between two lines within a phase. */
const LINE_EVERY_MS = 10_000;

/** For logs: a line when a phase begins, then at most one every ten seconds. */
export function progressLines(log: Log, now: () => number = () => performance.now()): ProgressDisplay {
  let phase: Shown['phase'] | undefined;
  let [said, began] = [0, 0];
  return {
    report(progress) {
      const { doing, noun = 'part', start } = PHASES[progress.phase];
      if (progress.phase !== phase) {
        log.info(start(plural(progress.total, noun)));
        began = now();
      } else if (now() - said >= LINE_EVERY_MS) {
        log.info(`${doing.toLowerCase()}: ${howFar(progress)}${leftOf(progress, now() - began)}`);
      } else return;
      phase = progress.phase;
      said = now();
    },
    stop: () => undefined,
  };
}

/** Values are read for hours where they are many, and whoever reads the log wants to know for how long. */
function leftOf(progress: Shown, milliseconds: number): string {
  const share = shareOf(progress);
  if (!('totalBytes' in progress) || share === 0) return '';
  return `, about ${formatDuration((milliseconds / 1000 / share) * (1 - share))} left`;
}

/** `12 of 96, 1.50 GB` */
function howFar(progress: Shown): string {
  if ('totalBytes' in progress) {
    return `${formatBytes(progress.bytes)} of ${formatBytes(progress.totalBytes)}`;
  }
  const bytes = progress.phase === 'parts' ? `, ${formatBytes(progress.bytes)}` : '';
  return `${formatCount(progress.done)} of ${formatCount(progress.total)}${bytes}`;
}

type CliProgress = typeof import('cli-progress');
let loaded: CliProgress | undefined;

/** Loaded for the first bar: where there is no terminal there is none. */
function cliProgress(): CliProgress {
  loaded ??= createRequire(import.meta.url)('cli-progress') as CliProgress;
  return loaded;
}

const BAR_CELLS = 24;
/** Estimates from less than this are guesses. */
const SECONDS_BEFORE_ESTIMATE = 3;

/** For terminals: one line at the bottom that is drawn over and goes away at the end. */
export function progressBar(console: Console): ProgressDisplay {
  let bars: MultiBar | undefined;
  let bar: SingleBar | undefined;
  let phase: Shown['phase'] | undefined;
  const stop = (): void => {
    bars?.stop();
    console.show(undefined);
    bars = bar = undefined;
  };
  return {
    report(progress) {
      if (progress.phase !== phase) {
        stop();
        phase = progress.phase;
        bars = new (cliProgress().MultiBar)({
          stream: console.stream,
          format: drawLine,
          clearOnComplete: true,
          // Signals are ours to handle; and whatever ends the process leaves the terminal as it was.
          gracefulExit: false,
          hideCursor: false,
          linewrap: true,
          forceRedraw: true,
        });
        bar = bars.create(progress.total, progress.done, { progress });
        console.show(bars);
        bars.update();
      }
      bar?.update(progress.done, { progress });
    },
    stop,
  };
}

const drawLine: GenericFormatter = (_options, params, payload: { progress: Shown }) => {
  const { progress } = payload;
  const share = shareOf(progress);
  const full = Math.round(share * BAR_CELLS);
  const bar = '█'.repeat(full) + '░'.repeat(BAR_CELLS - full);
  const seconds = (Date.now() - params.startTime) / 1000;
  const left = (seconds / share) * (1 - share);
  const estimate =
    seconds >= SECONDS_BEFORE_ESTIMATE && share > 0 ? `, about ${formatDuration(left)} left` : '';
  return `${PHASES[progress.phase].doing} ${bar} ${howFar(progress)}, ${formatDuration(seconds)}${estimate}`;
};

/** Of what takes the time: bytes where values are read or sent, else parts. */
function shareOf(progress: Shown): number {
  const [done, total] =
    'totalBytes' in progress ? [progress.bytes, progress.totalBytes] : [progress.done, progress.total];
  return total === 0 ? 1 : done / total;
}
