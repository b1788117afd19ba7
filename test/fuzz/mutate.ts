/** Damage: what a disk, a network or somebody with an intent may do to a file. Each kind says what it did. */
import { anatomyOf } from './anatomy.js';
import { integerAt, type Span, varintOf } from './spans.js';

export interface Mutation {
  bytes: Buffer;
  /** For the finding. */
  what: string;
}

/** Uniform from 0 to 1. */
export type Random = () => number;

type Mutator = (bytes: Buffer, next: Random) => Mutation | undefined;

const MUTATORS: Record<string, Mutator> = {
  'bits anywhere': (bytes, next) => flips(bytes, { start: 0, end: bytes.length }, next, 1),
  'bits of the footer': (bytes, next) =>
    // One: of two, the one may be healed while the other stays, and then the file is neither this nor that.
    flips(bytes, { start: anatomyOf(bytes).footer.start, end: bytes.length - 8 }, next, 1),
  'a number of the footer': (bytes, next) => {
    const { footer } = anatomyOf(bytes);
    const span = pick(footer.integers, next);
    return (
      span && inFooter(bytes, footer.start, span, varintOf(otherNumber(bytes, span, footer.integers, next)))
    );
  },
  'a head in the footer': (bytes, next) => {
    const { footer } = anatomyOf(bytes);
    const span = pick(footer.heads, next);
    return span && inFooter(bytes, footer.start, span, Buffer.from([Math.floor(next() * 256)]));
  },
  'a text or bound of the footer': (bytes, next) => {
    const { footer } = anatomyOf(bytes);
    const span = pick(footer.binaries, next);
    return span && inPlace(bytes, span, noise(span.end - span.start, next));
  },
  'a member of the footer gone': (bytes, next) => {
    const { footer } = anatomyOf(bytes);
    const from = pick(footer.heads, next);
    const to = from && footer.heads.find(({ start }) => start > from.start);
    return to && inFooter(bytes, footer.start, { start: from.start, end: to.start }, Buffer.alloc(0));
  },
  'a number of a page header': (bytes, next) => {
    const header = pick(anatomyOf(bytes).pages, next)?.header;
    const span = header && pick(header.integers, next);
    return span && sameLength(bytes, span, otherNumber(bytes, span, header.integers, next));
  },
  'a number of an index': (bytes, next) => {
    const index = pick(anatomyOf(bytes).indexes, next);
    const span = index && pick(index.integers, next);
    return span && sameLength(bytes, span, otherNumber(bytes, span, index.integers, next));
  },
  'the first bytes of a page': (bytes, next) => {
    const body = pick(anatomyOf(bytes).pages, next)?.body;
    return body && flips(bytes, { start: body.start, end: Math.min(body.end, body.start + 16) }, next);
  },
  'noise in a page': (bytes, next) => {
    const body = pick(anatomyOf(bytes).pages, next)?.body;
    if (!body || body.end === body.start) return undefined;
    const start = body.start + Math.floor(next() * (body.end - body.start));
    const length = Math.min(body.end - start, 1 + Math.floor(next() * 8));
    return inPlace(bytes, { start, end: start + length }, noise(length, next));
  },
  "another page's body": (bytes, next) => {
    const { pages } = anatomyOf(bytes);
    const [from, to] = [pick(pages, next)?.body, pick(pages, next)?.body];
    if (!from || !to) return undefined;
    const length = Math.min(from.end - from.start, to.end - to.start);
    return inPlace(
      bytes,
      { start: to.start, end: to.start + length },
      bytes.subarray(from.start, from.start + length),
    );
  },
  'bytes gone': (bytes, next) => {
    const start = Math.floor(next() * bytes.length);
    const end = Math.min(bytes.length, start + 1 + Math.floor(next() * 64));
    return {
      bytes: Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]),
      what: `${start}..${end} gone`,
    };
  },
};

/**
 * One of them, so that a file that is read although it is damaged is damaged in one place: of two, one might be healed
 * while nobody can tell the other. Undefined where a file has no such part.
 */
export function mutate(bytes: Buffer, next: Random): Mutation | undefined {
  const kinds = Object.entries(MUTATORS);
  const [name, mutator] = kinds[Math.floor(next() * kinds.length)]!;
  const mutation = mutator(bytes, next);
  if (!mutation || mutation.bytes.equals(bytes)) return undefined;
  return { bytes: mutation.bytes, what: `${name}: ${mutation.what}` };
}

/** Damage to what a page holds before it is compressed and summed, for `writeCell`. */
export function tamper(part: Buffer, next: Random): Buffer {
  if (part.length === 0) return part;
  if (next() < 0.5) return flips(part, { start: 0, end: Math.min(part.length, 24) }, next).bytes;
  if (next() < 0.7) return flips(part, { start: 0, end: part.length }, next).bytes;
  return next() < 0.5
    ? part.subarray(0, Math.floor(next() * part.length))
    : Buffer.concat([part, noise(3, next)]);
}

function pick<T>(from: readonly T[], next: Random): T | undefined {
  return from[Math.floor(next() * from.length)];
}

function flips(bytes: Buffer, { start, end }: Span, next: Random, most = 3): Mutation {
  const copy = Buffer.from(bytes);
  const what: string[] = [];
  for (let left = 1 + Math.floor(next() * most); left > 0 && end > start; left--) {
    const at = start + Math.floor(next() * (end - start));
    const bit = Math.floor(next() * 8);
    copy[at]! ^= 1 << bit;
    what.push(`bit ${bit} of byte ${at}`);
  }
  return { bytes: copy, what: what.join(', ') };
}

function noise(length: number, next: Random): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(next() * 256)));
}

/** Numbers at which something may break, a neighbour, or another number of the same struct. */
function otherNumber(bytes: Buffer, span: Span, others: readonly Span[], next: Random): bigint {
  const value = integerAt(bytes, span);
  const edges = [
    0n,
    1n,
    -1n,
    2n ** 31n - 1n,
    -(2n ** 31n),
    2n ** 53n,
    2n ** 63n - 1n,
    value * 2n,
    BigInt(bytes.length),
  ];
  const small = BigInt(Math.floor(next() * 12));
  const other = integerAt(bytes, pick(others, next) ?? span);
  return pick([value + 1n, value - 1n, small, other, pick(edges, next)!], next)!;
}

function inPlace(bytes: Buffer, { start, end }: Span, by: Buffer): Mutation {
  return {
    bytes: Buffer.concat([bytes.subarray(0, start), by, bytes.subarray(end)]),
    what: `${start}..${end} is ${by.subarray(0, 16).toString('hex')}`,
  };
}

/** Where nothing may move: low bits are kept, and the number of bytes. */
function sameLength(bytes: Buffer, { start, end }: Span, value: bigint): Mutation {
  const by = Buffer.alloc(end - start);
  varintOf(value).copy(by);
  for (let i = 0; i < by.length; i++) by[i] = i < by.length - 1 ? by[i]! | 0x80 : by[i]! & 0x7f;
  return inPlace(bytes, { start, end }, by);
}

/** The footer may grow: its length stands behind it. */
function inFooter(bytes: Buffer, footerStart: number, span: Span, by: Buffer): Mutation {
  const mutation = inPlace(bytes, span, by);
  mutation.bytes.writeUInt32LE(mutation.bytes.length - 8 - footerStart, mutation.bytes.length - 8);
  return mutation;
}
