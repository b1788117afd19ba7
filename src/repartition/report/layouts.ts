import type { Layout } from '../model.js';

/** Layouts, each once: most data sets of a type share a few. */
export class Layouts {
  readonly all: number[][] = [];

  /** @returns its index */
  add(layout: Layout): number {
    const known = this.all.findIndex(
      (one) => one.length === layout.length && one.every((rows, i) => rows === layout[i]),
    );
    return known < 0 ? this.all.push([...layout]) - 1 : known;
  }
}
