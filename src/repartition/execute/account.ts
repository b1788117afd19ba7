/** What a task has done so far, as whoever watches a run is told of it. */
import type { Counts, Tally } from '../../storage/tally.js';
import type { Task } from '../model.js';
import { bytesOf, workOf } from './turns.js';

/** Who is told of tasks, and of how much. */
export interface Told {
  tally?: Tally | undefined;
  /** Whether results say how each part was made. */
  withDetails?: boolean | undefined;
}

/** Counts the bytes of a part while it is made. Once it is there, they are its size, and as many as were planned. */
export class Account {
  private bytes = 0;
  private readonly planned: number;
  private readonly work: number;
  private toldPlanned = 0;
  private toldWork = 0;
  /** When its making began, in milliseconds. */
  private began: number | undefined;
  /** What was told when all of it was written. */
  private toldWritten: Pick<Counts, 'finishedWork' | 'workSeconds'> | undefined;

  constructor(
    private readonly tally: Tally | undefined,
    task: Task,
  ) {
    // In whole numbers, so that what is taken back is what was added.
    this.planned = Math.round(bytesOf(task));
    this.work = Math.round(workOf(task));
  }

  /** It is its turn: from now on its part is being made. */
  begin(): void {
    this.began = performance.now();
    this.tally?.add({ begunWork: this.work });
  }

  /** @param bytes less than nothing when some have to be made again */
  add(bytes: number): void {
    const now = this.bytes + bytes;
    this.tell(now, this.planned === 0 ? 0 : Math.min(1, now / this.planned));
  }

  /** All of the part is written: until it is in place it only waits, while others are made in its stead. */
  written(): void {
    if (this.toldWritten) return;
    this.tell(this.bytes, 1);
    const seconds = this.began === undefined ? 0 : (performance.now() - this.began) / 1000;
    this.toldWritten = { finishedWork: this.work, workSeconds: Math.round(this.work * seconds) };
    this.tally?.add(this.toldWritten);
  }

  /** The part is there. */
  settle(size: number): void {
    this.written();
    this.tell(size, 1);
  }

  /** It was made in vain. */
  takeBack(): void {
    this.tell(0, 0);
    if (this.began !== undefined) this.tally?.add({ begunWork: -this.work });
    const { finishedWork = 0, workSeconds = 0 } = this.toldWritten ?? {};
    this.tally?.add({ finishedWork: -finishedWork, workSeconds: -workSeconds });
  }

  private tell(bytes: number, share: number): void {
    const planned = Math.round(this.planned * share);
    const work = Math.round(this.work * share);
    this.tally?.add({
      bytes: bytes - this.bytes,
      plannedBytes: planned - this.toldPlanned,
      work: work - this.toldWork,
    });
    [this.bytes, this.toldPlanned, this.toldWork] = [bytes, planned, work];
  }
}
