/** Lines on standard error, also while a progress bar stands at its bottom. */
import type { MultiBar } from 'cli-progress';
import type { Output } from './world.js';

export class Console {
  private bar: MultiBar | undefined;

  constructor(readonly stream: Output) {}

  /** Writes a line, above the bar if there is one. */
  line(text: string): void {
    if (!this.bar) {
      this.stream.write(`${text}\n`);
      return;
    }
    this.bar.log(`${text}\n`);
    this.bar.update();
  }

  /** From now on the last line belongs to `bar`, until it is given back with `undefined`. */
  show(bar: MultiBar | undefined): void {
    this.bar = bar;
  }
}
