/**
 * LZ4 blocks: literals, then a copy of what came before, again and again.
 *
 *     sequence   token (4 bits literals, 4 bits copy) | more length? | literals | distance (2 bytes) | more length?
 *     block      sequences; the last one has literals alone
 *
 * Our own, because what npm has does not do: lz4js checks nothing, lz4-wasm-nodejs lets no bound be set, and lz4-napi
 * (lz4_flex) takes blocks that break the rules for their ends, which liblz4, and so pyarrow, refuses.
 * Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
import { refuse } from './codec-error.js';

const MIN_MATCH = 4;
/** The last bytes of a block are literals, and the last copy starts well before them. */
const LAST_LITERALS = 5;
const LAST_MATCH_START = 12;
const MAX_DISTANCE = 65535;
/** A byte of length stands for at most so many. */
export const MAX_LZ4_RATIO = 255;
/** From here on a call that copies many bytes is quicker than a loop. */
const LONG = 24;

/**
 * Decodes `block` to `out[start..]` and not beyond `end`.
 * @param history the first byte of `out` that a copy may take
 * @returns where the decoded bytes end
 * @throws CodecError
 */
export function decodeLz4Block(
  block: Uint8Array,
  out: Uint8Array,
  start: number,
  end: number,
  history = start,
): number {
  const length = block.length;
  let i = 0;
  let o = start;
  let matchStart = -1;
  let matchEnd = -1;
  for (;;) {
    if (i >= length) refuse('a block ends inside a sequence');
    const token = block[i++]!;
    let literals = token >> 4;
    if (literals === 15) {
      for (let more = 255; more === 255; literals += more) {
        if (i >= length) refuse('a block ends inside a sequence');
        more = block[i++]!;
      }
    }
    if (literals > length - i) refuse('a block ends inside a sequence');
    if (literals > end - o) refuse('a block holds more than its size');
    if (literals > LONG) {
      out.set(block.subarray(i, i + literals), o);
      i += literals;
      o += literals;
    } else {
      for (const stop = i + literals; i < stop;) out[o++] = block[i++]!;
    }
    if (i === length) break;

    if (i + 2 > length) refuse('a block ends inside a sequence');
    const distance = block[i]! | (block[i + 1]! << 8);
    i += 2;
    let count = token & 15;
    if (count === 15) {
      for (let more = 255; more === 255; count += more) {
        if (i >= length) refuse('a block ends inside a sequence');
        more = block[i++]!;
      }
    }
    count += MIN_MATCH;
    if (distance === 0 || distance > o - history) refuse('a copy from before the start');
    if (count > end - o) refuse('a block holds more than its size');
    matchStart = o;
    matchEnd = o + count;
    if (count > LONG) {
      // A copy may reach into what it writes: then what is there repeats, twice as long each time.
      const from = o - distance;
      while (o < matchEnd) {
        const piece = Math.min(o - from, matchEnd - o);
        out.copyWithin(o, from, from + piece);
        o += piece;
      }
    } else {
      for (; o < matchEnd; o++) out[o] = out[o - distance]!;
    }
  }
  if (matchStart >= 0 && (o - matchStart < LAST_MATCH_START || o - matchEnd < LAST_LITERALS)) {
    refuse('a block ends with a copy');
  }
  return o;
}

const HASH_BITS = 14;
/** Where four bytes of that hash were seen last, plus 1. */
const table = new Int32Array(1 << HASH_BITS);

/** The same bytes always give the same block. */
export function encodeLz4Block(bytes: Uint8Array): Uint8Array {
  const length = bytes.length;
  const out = new Uint8Array(length + Math.ceil(length / 255) + 16);
  let o = 0;
  const putLength = (more: number): void => {
    for (; more >= 255; more -= 255) out[o++] = 255;
    out[o++] = more;
  };
  /** Literals `from..to`, then a copy; without one at the end. */
  const putSequence = (from: number, to: number, distance: number, count: number): void => {
    const literals = to - from;
    const copied = count - MIN_MATCH;
    out[o++] = (Math.min(literals, 15) << 4) | (distance === 0 ? 0 : Math.min(copied, 15));
    if (literals >= 15) putLength(literals - 15);
    if (literals > LONG) {
      out.set(bytes.subarray(from, to), o);
      o += literals;
    } else {
      for (let i = from; i < to; i++) out[o++] = bytes[i]!;
    }
    if (distance === 0) return;
    out[o++] = distance & 0xff;
    out[o++] = distance >> 8;
    if (copied >= 15) putLength(copied - 15);
  };
  const fourBytes = (i: number): number =>
    bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);

  table.fill(0);
  let anchor = 0;
  const lastStart = length - LAST_MATCH_START;
  const lastEnd = length - LAST_LITERALS;
  let misses = 0;
  for (let i = 0; i <= lastStart;) {
    const wanted = fourBytes(i);
    const slot = Math.imul(wanted, -1640531535) >>> (32 - HASH_BITS);
    let match = table[slot]! - 1;
    table[slot] = i + 1;
    if (match < 0 || i - match > MAX_DISTANCE || fourBytes(match) !== wanted) {
      // What does not repeat is passed in longer and longer steps.
      i += 1 + (misses++ >> 6);
      continue;
    }
    misses = 0;
    let from = i;
    while (from > anchor && match > 0 && bytes[from - 1] === bytes[match - 1]) {
      from--;
      match--;
    }
    let to = i + MIN_MATCH;
    const distance = from - match;
    while (to < lastEnd && bytes[to] === bytes[to - distance]) to++;
    putSequence(anchor, from, distance, to - from);
    anchor = to;
    i = to;
  }
  putSequence(anchor, length, 0, 0);
  return out.slice(0, o);
}

/** A block of literals alone. */
export function storeLz4Block(bytes: Uint8Array): Uint8Array {
  const more = bytes.length - 15;
  if (more < 0) return Uint8Array.from([bytes.length << 4, ...bytes]);
  const head = new Uint8Array(2 + Math.floor(more / 255)).fill(255);
  head[0] = 0xf0;
  head[head.length - 1] = more % 255;
  const block = new Uint8Array(head.length + bytes.length);
  block.set(head);
  block.set(bytes, head.length);
  return block;
}
