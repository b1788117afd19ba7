/** Where the parts of a Thrift struct stand (compact protocol), so that one can be changed and the rest kept. */

import { varint, zigzag } from '../support/thrift-writer.js';

export interface Span {
  start: number;
  end: number;
}

export interface Spans {
  /** Varints: integers, enumerations, lengths in rows and bytes. */
  integers: Span[];
  /** The heads of members and lists: types, numbers, sizes. */
  heads: Span[];
  /** Texts and bounds, without their lengths. */
  binaries: Span[];
  end: number;
}

/** @throws RangeError where the bytes end before the struct does */
export function spansOf(bytes: Uint8Array, start: number): Spans {
  const spans: Spans = { integers: [], heads: [], binaries: [], end: start };
  let at = start;
  const byte = (): number => {
    const value = bytes[at++];
    if (value === undefined) throw new RangeError('the struct goes on behind the end');
    return value;
  };
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const own = byte();
      value += (own & 0x7f) * 2 ** shift;
      if (own < 0x80) return value;
    }
  };
  const put = (to: Span[], read: () => void): void => {
    const from = at;
    read();
    to.push({ start: from, end: at });
  };
  const value = (type: number, inList: boolean): void => {
    if (type === 1 || type === 2) {
      if (inList) put(spans.integers, byte);
    } else if (type === 3) put(spans.integers, byte);
    else if (type <= 6) put(spans.integers, varint);
    else if (type === 7) at += 8;
    else if (type === 8) {
      let length = 0;
      put(spans.heads, () => (length = varint()));
      put(spans.binaries, () => (at += length));
    } else if (type === 9 || type === 10) {
      let head = 0;
      let size = 0;
      put(spans.heads, () => {
        head = byte();
        size = head >> 4 === 15 ? varint() : head >> 4;
      });
      for (let i = 0; i < size; i++) value(head & 15, true);
    } else if (type === 12) struct();
    else throw new RangeError(`no type ${type}`);
  };
  const struct = (): void => {
    for (;;) {
      let head = 0;
      put(spans.heads, () => {
        head = byte();
        if (head !== 0 && head >> 4 === 0) varint();
      });
      if (head === 0) return;
      value(head & 15, false);
    }
  };
  struct();
  spans.end = at;
  return spans;
}

/** Zigzag, as integers are written. */
export function varintOf(value: bigint): Buffer {
  return varint(zigzag(value));
}

/** The integer of a span. */
export function integerAt(bytes: Uint8Array, { start, end }: Span): bigint {
  let value = 0n;
  for (let i = end - 1; i >= start; i--) value = (value << 7n) | BigInt(bytes[i]! & 0x7f);
  return (value >> 1n) ^ -(value & 1n);
}
