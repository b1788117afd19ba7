/** What a run tells while it goes on, added up for its report: a few numbers by data set, and the slowest tasks. */
import type { Plan, TaskResult } from '../model.js';
import { tasksOf } from '../prepare/plan.js';
import { dataSetName } from '../data-set-name.js';
import type { ReportRun, SlowTask } from './model.js';

/** Tasks that are named. */
const MOST_SLOWEST = 20;

/** Of the tasks of one data set. */
export interface Made {
  copied: number;
  written: number;
  seconds: number;
}

export class RunRecord {
  plan: Plan | undefined;
  /** By data set, in the plan's order. */
  made: Made[] = [];
  /** The longest first. */
  readonly slowest: SlowTask[] = [];
  private names: string[] = [];
  private readonly began = performance.now();
  private planned: number | undefined;
  private lastMade: number | undefined;
  private ended: number | undefined;
  /** The number of the first task behind each data set's. */
  private ends: number[] = [];

  onPlan(plan: Plan): void {
    const dataSets = plan.groups.flatMap((group) => group.dataSets);
    let end = 0;
    this.plan = plan;
    this.planned = performance.now();
    this.names = dataSets.map(({ dataSet }) => dataSetName(dataSet));
    this.made = dataSets.map(() => ({ copied: 0, written: 0, seconds: 0 }));
    this.ends = dataSets.map((dataSet) => (end += tasksOf(dataSet)));
  }

  onResult({ id, output, size, method, copiedBytes, writtenBytes, seconds = 0 }: TaskResult): void {
    this.lastMade = performance.now();
    const owner = this.ownerOf(id);
    const made = this.made[owner];
    if (!made) return;
    made.copied += copiedBytes;
    made.written += writtenBytes;
    made.seconds += seconds;
    const least = this.slowest.at(-1)?.seconds ?? 0;
    if (this.slowest.length === MOST_SLOWEST && seconds <= least) return;
    this.slowest.push({ part: output, dataSet: this.names[owner]!, seconds, bytes: size, method });
    this.slowest.sort((a, b) => b.seconds - a.seconds);
    this.slowest.length = Math.min(this.slowest.length, MOST_SLOWEST);
  }

  /** The run is over; what else is done belongs to no phase. */
  end(): void {
    this.ended = performance.now();
  }

  phases(): ReportRun['phases'] {
    const { began, ended = performance.now(), planned = ended, lastMade = planned } = this;
    const phases: ReportRun['phases'] = [
      { name: 'prepare', seconds: (planned - began) / 1000 },
      { name: 'make parts', seconds: (lastMade - planned) / 1000 },
      { name: 'check and publish', seconds: (ended - lastMade) / 1000 },
    ];
    return this.plan ? phases : phases.slice(0, 1);
  }

  /** Tasks are numbered in the order of the data sets. */
  private ownerOf(id: number): number {
    let [low, high] = [0, this.ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ends[middle]! <= id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
