/**
 * A data set's parts, before above after, on a canvas: rows run from left to right. What is drawn are pixels, not parts: where
 * parts are narrower than that, a column of pixels shows what share of its parts has which fate.
 */
import type { ScaleLinear } from 'd3-scale';
import { colour } from './dom.js';
import { FATES, fateOf, partAt, startOf, sumsOf } from './layout.js';

/** What is drawn. */
export interface StripParts {
  before: Float64Array;
  /** Left out where nothing was aligned. */
  after?: { ends: Float64Array; fates: string };
}

/** In CSS pixels. */
const STRIP_HEIGHT = 34;
const [BEFORE_TOP, BEFORE_HEIGHT, AFTER_TOP, AFTER_HEIGHT] = [2, 9, 13, 18];
/** A part narrower than this is drawn together with its neighbours. */
const NARROWEST = 3;

export class Strip {
  readonly canvas = document.createElement('canvas');
  private readonly sums: Uint32Array[];

  constructor(private readonly parts: StripParts) {
    this.sums = parts.after ? sumsOf(parts.after.fates) : [];
    this.canvas.setAttribute('aria-hidden', 'true');
  }

  /** @param cursor the part that is told of */
  draw(x: ScaleLinear<number, number>, width: number, cursor?: number): void {
    const ratio = window.devicePixelRatio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(STRIP_HEIGHT * ratio);
    const pen = this.canvas.getContext('2d');
    if (!pen) return;
    pen.scale(ratio, ratio);
    const { before, after } = this.parts;
    const [top, height] = after ? [BEFORE_TOP, BEFORE_HEIGHT] : [BEFORE_TOP, AFTER_HEIGHT + 8];
    this.drawParts(pen, x, width, before, top, height);
    if (after) this.drawParts(pen, x, width, after.ends, AFTER_TOP, AFTER_HEIGHT, after.fates);
    const shown = after?.ends ?? before;
    if (cursor !== undefined && cursor < shown.length) {
      const [left, right] = [x(startOf(shown, cursor)), x(shown[cursor] ?? 0)];
      pen.strokeStyle = colour('--ink');
      pen.lineWidth = 2;
      pen.strokeRect(
        left,
        after ? AFTER_TOP - 1 : top - 1,
        Math.max(2, right - left),
        (after ? AFTER_HEIGHT : height) + 2,
      );
    }
  }

  private drawParts(
    pen: CanvasRenderingContext2D,
    x: ScaleLinear<number, number>,
    width: number,
    ends: Float64Array,
    top: number,
    height: number,
    fates?: string,
  ): void {
    const rows = ends[ends.length - 1] ?? 0;
    const from = partAt(ends, Math.max(0, x.invert(0)));
    const to = partAt(ends, Math.min(rows, x.invert(width)));
    const [left, right] = [Math.max(0, x(0)), Math.min(width, x(rows))];
    const isWide = (right - left) / (to - from + 1) >= NARROWEST;
    if (isWide) this.drawEach(pen, x, ends, [from, to], [top, height], fates);
    else this.drawColumns(pen, x, ends, [left, right], [top, height], fates);
  }

  private drawEach(
    pen: CanvasRenderingContext2D,
    x: ScaleLinear<number, number>,
    ends: Float64Array,
    [from, to]: readonly [number, number],
    [top, height]: readonly [number, number],
    fates?: string,
  ): void {
    for (let part = from; part <= to; part++) {
      const [left, right] = [x(startOf(ends, part)), x(ends[part] ?? 0)];
      pen.fillStyle = colour(`--${(fates && fateOf(fates, part)) ?? 'before'}`);
      // A gap in the colour of the page is what tells parts apart, whatever their colours.
      pen.fillRect(left + 0.5, top, Math.max(0.5, right - left - 1), height);
    }
  }

  private drawColumns(
    pen: CanvasRenderingContext2D,
    x: ScaleLinear<number, number>,
    ends: Float64Array,
    [left, right]: readonly [number, number],
    [top, height]: readonly [number, number],
    fates?: string,
  ): void {
    if (fates === undefined) {
      pen.fillStyle = colour('--before');
      pen.fillRect(left, top, right - left, height);
      return;
    }
    const colours = FATES.map((fate) => colour(`--${fate}`));
    for (let column = Math.floor(left); column < right; column++) {
      const from = partAt(ends, Math.max(0, x.invert(column)));
      const to = Math.max(from, partAt(ends, x.invert(column + 1)));
      const total = to - from + 1;
      let y = top;
      colours.forEach((fill, fate) => {
        const sum = this.sums[fate];
        const share = (((sum?.[to + 1] ?? 0) - (sum?.[from] ?? 0)) / total) * height;
        if (share === 0) return;
        pen.fillStyle = fill;
        pen.fillRect(column, y, 1, share);
        y += share;
      });
    }
  }
}
