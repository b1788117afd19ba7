/**
 * Encoders of levels and values, plain readings of Encodings.md: https://github.com/apache/parquet-format/blob/master/Encodings.md
 * They share no line with `src/parquet`, so that neither can hide the other's mistake.
 */
import type { LeafType } from './types.js';

function varint(out: number[], value: bigint): void {
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  out.push(Number(rest));
}

const zigzag = (value: bigint): bigint => BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));

export function bitWidth(max: number): number {
  return max === 0 ? 0 : 32 - Math.clz32(max);
}

/** Least bit first, in whole bytes. */
function pack(values: readonly number[], width: number): Buffer {
  const out = Buffer.alloc(Math.ceil((values.length * width) / 8));
  for (const [i, value] of values.entries()) {
    for (let bit = 0; bit < width; bit++) {
      const at = i * width + bit;
      if ((value >>> bit) & 1) out[at >> 3]! |= 1 << (at & 7);
    }
  }
  return out;
}

function packWide(values: readonly bigint[], width: number): Buffer {
  const out = Buffer.alloc(Math.ceil((values.length * width) / 8));
  for (const [i, value] of values.entries()) {
    for (let bit = 0; bit < width; bit++) {
      const at = i * width + bit;
      if ((value >> BigInt(bit)) & 1n) out[at >> 3]! |= 1 << (at & 7);
    }
  }
  return out;
}

/** The RLE hybrid: repeats of 8 or more as runs, the rest bit-packed by eights; so runs of both kinds take turns. */
export function hybrid(values: readonly number[], width: number): Buffer {
  const parts: Buffer[] = [];
  const packed = (from: number, to: number): void => {
    if (from === to) return;
    const groups = Math.ceil((to - from) / 8);
    const eights = Array.from({ length: groups * 8 }, (_, i) => (from + i < to ? values[from + i]! : 0));
    const head: number[] = [];
    varint(head, BigInt((groups << 1) | 1));
    parts.push(Buffer.from(head), pack(eights, width));
  };
  let start = 0;
  for (let at = 0; at < values.length;) {
    let end = at;
    while (end < values.length && values[end] === values[at]) end++;
    // A packed run takes whole eights, unless it is the last.
    const filled = at + ((8 - ((at - start) % 8)) % 8);
    if (end - filled >= 8) {
      packed(start, filled);
      const head: number[] = [];
      varint(head, BigInt((end - filled) << 1));
      const value = Buffer.alloc(Math.ceil(width / 8));
      if (value.length > 0) value.writeUIntLE(values[at]!, 0, value.length);
      parts.push(Buffer.from(head), value);
      start = end;
    }
    at = end;
  }
  packed(start, values.length);
  return Buffer.concat(parts);
}

/** The deprecated BIT_PACKED, for levels: most significant bit first, no header. */
export function bitPacked(levels: readonly number[], width: number): Buffer {
  const out = Buffer.alloc(Math.ceil((levels.length * width) / 8));
  for (const [i, level] of levels.entries()) {
    for (let bit = 0; bit < width; bit++) {
      const at = i * width + bit;
      if ((level >> (width - 1 - bit)) & 1) out[at >> 3]! |= 0x80 >> (at & 7);
    }
  }
  return out;
}

export function prefixed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export function plain({ physical }: LeafType, values: readonly Buffer[]): Buffer {
  if (physical === 'BOOLEAN')
    return pack(
      values.map((value) => value[0]!),
      1,
    );
  return Buffer.concat(physical === 'BYTE_ARRAY' ? values.map(prefixed) : values);
}

/** RLE of booleans, with its length. */
export function rleBooleans(values: readonly Buffer[]): Buffer {
  return prefixed(
    hybrid(
      values.map((value) => value[0]!),
      1,
    ),
  );
}

export function dictionaryIndices(indices: readonly number[], width: number): Buffer {
  return Buffer.concat([Buffer.from([width]), hybrid(indices, width)]);
}

const BLOCK = 128n;
const MINIBLOCKS = 4n;
const MINIBLOCK = 32;

function deltaBinaryPacked(values: readonly bigint[], bits: 32 | 64): Buffer {
  const head: number[] = [];
  varint(head, BLOCK);
  varint(head, MINIBLOCKS);
  varint(head, BigInt(values.length));
  varint(head, zigzag(values[0] ?? 0n));
  const parts: Buffer[] = [Buffer.from(head)];
  // Deltas wrap round as the type does.
  const deltas = values.slice(1).map((value, i) => BigInt.asIntN(bits, value - values[i]!));
  for (let at = 0; at < deltas.length; at += Number(BLOCK)) {
    const block = deltas.slice(at, at + Number(BLOCK));
    const least = block.reduce((a, b) => (a < b ? a : b));
    const rest = block.map((delta) => BigInt.asUintN(bits, delta - least));
    const widths: number[] = [];
    const minis: Buffer[] = [];
    for (let i = 0; i < Number(MINIBLOCKS); i++) {
      const mini = rest.slice(i * MINIBLOCK, (i + 1) * MINIBLOCK);
      const width = mini.reduce((most, value) => Math.max(most, value.toString(2).length), 0);
      widths.push(mini.length === 0 ? 0 : width);
      if (mini.length > 0)
        minis.push(packWide([...mini, ...Array<bigint>(MINIBLOCK - mini.length).fill(0n)], width));
    }
    const blockHead: number[] = [];
    varint(blockHead, zigzag(least));
    parts.push(Buffer.from([...blockHead, ...widths]), ...minis);
  }
  return Buffer.concat(parts);
}

export function deltaIntegers({ physical }: LeafType, values: readonly Buffer[]): Buffer {
  return physical === 'INT32'
    ? deltaBinaryPacked(
        values.map((value) => BigInt(value.readInt32LE())),
        32,
      )
    : deltaBinaryPacked(
        values.map((value) => value.readBigInt64LE()),
        64,
      );
}

export function deltaLengths(values: readonly Buffer[]): Buffer {
  return Buffer.concat([
    deltaBinaryPacked(
      values.map((value) => BigInt(value.length)),
      32,
    ),
    ...values,
  ]);
}

export function deltaByteArrays(values: readonly Buffer[]): Buffer {
  const prefixes = values.map((value, i) => {
    const before = values[i - 1] ?? Buffer.alloc(0);
    let same = 0;
    while (same < value.length && same < before.length && value[same] === before[same]) same++;
    return same;
  });
  const suffixes = values.map((value, i) => value.subarray(prefixes[i]));
  return Buffer.concat([deltaBinaryPacked(prefixes.map(BigInt), 32), deltaLengths(suffixes)]);
}

export function byteStreamSplit(values: readonly Buffer[]): Buffer {
  const width = values[0]?.length ?? 0;
  const out = Buffer.alloc(values.length * width);
  for (const [i, value] of values.entries()) {
    for (let byte = 0; byte < width; byte++) out[byte * values.length + i] = value[byte]!;
  }
  return out;
}
