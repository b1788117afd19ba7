/**
 * The RLE / bit-packing hybrid, in which levels, dictionary indices and V2 booleans are stored.
 *
 *     run     := rle-run | packed-run
 *     rle-run := varint(count << 1)           value in ceil(width / 8) bytes, little endian
 *     packed  := varint(groups << 1 | 1)      groups × 8 values of `width` bits, lowest bit first
 *
 * Source: https://github.com/apache/parquet-format/blob/master/Encodings.md (RLE = 3)
 */

/** Bytes that are no hybrid run, or end before the values do. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
}

/** @throws EncodingError when anything stands behind the last value of a page */
export function requireNothing(rest: Uint8Array): void {
  if (rest.length > 0) throw new EncodingError(`${rest.length} bytes are left over behind the last value`);
}

/** Arrays that values are decoded into: levels fit bytes, indices need 32 bits. */
export type HybridArray = Uint8Array | Uint32Array;

/** Values up to this width, and seven bits of the byte they begin in, fit 32 bits. */
const SMALL_WIDTH = 24;

/** Bit-packed values taken or written at a time: as many as a run header of one byte can announce. */
const PACKED_AT_ONCE = 504;
/** Where they are while they are counted: nobody else is called meanwhile. */
const TALLIED = new Uint32Array(PACKED_AT_ONCE);

/** Bytes of a run header, at most, and what the last one's bits count for: values are counted in 32 bits. */
const MAX_VARINT = 5;
const MAX_SCALE = 0x80 ** (MAX_VARINT - 1);

/** Bits that the largest value needs; 0 when there is only the value 0. */
export function bitWidth(largest: number): number {
  return largest === 0 ? 0 : 32 - Math.clz32(largest);
}

/** How many values are 0, and how many the largest there may be. */
export interface Tally {
  zeros: number;
  most: number;
}

function eachRepeat(values: HybridArray, take: (value: number, times: number) => void): void {
  for (let i = 0; i < values.length;) {
    const value = values[i]!;
    let end = i + 1;
    while (end < values.length && values[end] === value) end++;
    take(value, end - i);
    i = end;
  }
}

/** Decodes values of `width` bits in order, some at a time. */
export class HybridDecoder {
  private offset = 0;
  /** Values left in the run begun. */
  private left = 0;
  /** What a run repeats; undefined in a bit-packed one. */
  private repeated: number | undefined;
  /** Bits of the byte at `offset` that are taken already; in a bit-packed run only. */
  private bit = 0;

  /** @throws EncodingError for a width above 32 */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly width: number,
  ) {
    if (width > 32) throw new EncodingError(`a bit width of ${width}`);
  }

  /** Another one that stands where this one does. */
  clone(): HybridDecoder {
    const { bytes, width, offset, left, repeated, bit } = this;
    return Object.assign(new HybridDecoder(bytes, width), { offset, left, repeated, bit });
  }

  /**
   * Fills `output` with the next values.
   * @throws EncodingError when the runs end before that
   */
  read(output: HybridArray): void {
    if (this.isImplied) {
      output.fill(0);
      return;
    }
    for (let filled = 0; filled < output.length;) {
      const end = filled + this.take(output.length - filled);
      if (this.repeated === undefined) this.unpack(output.subarray(filled, end));
      else output.fill(this.repeated, filled, end);
      filled = end;
    }
  }

  /**
   * Hands on the next `count` values, a repeat at a time. A repeat may go on in the one that follows.
   * @throws EncodingError when the runs end before that
   */
  repeats(count: number, take: (value: number, times: number) => void): void {
    if (this.isImplied) {
      if (count > 0) take(0, count);
      return;
    }
    const packed = new Uint32Array(Math.min(count, PACKED_AT_ONCE));
    for (let left = count; left > 0;) {
      const times = this.take(left, packed.length);
      left -= times;
      if (this.repeated === undefined) eachRepeat(this.unpacked(packed, times), take);
      else take(this.repeated, times);
    }
  }

  /**
   * Counts the next `count` values.
   * @param most the largest value there may be, which is counted beside 0
   * @throws EncodingError when the runs end before that, or hold a larger value
   */
  tally(count: number, most: number): Tally {
    const tally = { zeros: 0, most: 0 };
    if (this.isImplied) {
      tally.zeros = count;
      if (most === 0) tally.most = count;
      return tally;
    }
    const packed = TALLIED;
    let largest = 0;
    for (let left = count; left > 0;) {
      const times = this.take(left, packed.length);
      left -= times;
      const { repeated } = this;
      if (repeated === undefined) {
        // Not by repeats: a call for each of values that differ would cost more than all the rest.
        const values = this.unpacked(packed, times);
        for (let i = 0; i < times; i++) {
          const value = values[i]!;
          if (value === 0) tally.zeros++;
          if (value === most) tally.most++;
          if (value > largest) largest = value;
        }
      } else {
        if (repeated === 0) tally.zeros += times;
        if (repeated === most) tally.most += times;
        if (repeated > largest) largest = repeated;
      }
    }
    if (largest > most) throw new EncodingError(`a ${largest} where nothing above ${most} belongs`);
    return tally;
  }

  /** Passes over the next `count` values, which must be there. */
  skip(count: number): void {
    if (this.isImplied) return;
    for (let left = count; left > 0;) {
      const times = this.take(left);
      left -= times;
      if (this.repeated === undefined) this.pass(this.bit + times * this.width);
    }
  }

  /**
   * To be asked behind the last value. A packed run holds whole groups of eight, and the last one may lack the bytes that
   * hold no value.
   * @param spareRuns whether whole packed runs may follow
   * @throws EncodingError when there is more than that
   */
  requireEnd(spareRuns: boolean): void {
    for (;;) {
      if (this.repeated !== undefined && this.left > 0) {
        throw new EncodingError(`a run goes on for ${this.left} values behind the last`);
      }
      this.offset += Math.ceil((this.bit + this.left * this.width) / 8);
      this.bit = 0;
      const rest = this.bytes.subarray(this.offset);
      const isPacked = rest.length > 0 && (rest[0]! & 1) === 1;
      if (!spareRuns || !isPacked) {
        requireNothing(rest);
        return;
      }
      this.begin();
    }
  }

  /** Of no bits there need be no runs: some writers leave them out, others write their headers. */
  private get isImplied(): boolean {
    return this.width === 0 && this.bytes.length === 0;
  }

  /** Reads a run's header. */
  private begin(): void {
    // A bit-packed run ends with a whole byte, as it holds whole groups of eight values.
    let header = 0;
    for (let scale = 1, last = false; !last; scale *= 0x80) {
      const byte = this.bytes[this.offset++];
      if (byte === undefined || scale > MAX_SCALE)
        throw new EncodingError('the runs end before the values do');
      header += (byte & 0x7f) * scale;
      last = byte < 0x80;
    }
    const count = Math.floor(header / 2);
    if (count === 0) throw new EncodingError('an empty run');
    if (header % 2 === 1) {
      // The last group of all may lack the bytes that hold no value.
      if (this.offset + (count - 1) * this.width >= this.bytes.length && this.width > 0)
        throw new EncodingError('a bit-packed run goes on behind the bytes there are');
      this.left = count * 8;
      this.repeated = undefined;
      return;
    }
    let value = 0;
    for (let bit = 0, scale = 1; bit < this.width; bit += 8, scale *= 0x100) {
      value += (this.bytes[this.offset++] ?? 0) * scale;
    }
    if (this.offset > this.bytes.length) throw new EncodingError('a run ends before its value does');
    this.left = count;
    this.repeated = value;
  }

  /**
   * How many of the next values, up to `most`, are of one run, which is then the current one; they count as taken.
   * @param mostPacked up to so many in a bit-packed run
   */
  private take(most: number, mostPacked = most): number {
    if (this.left === 0) this.begin();
    const times = Math.min(this.left, most, this.repeated === undefined ? mostPacked : Infinity);
    this.left -= times;
    return times;
  }

  /** The next `count` values of a bit-packed run, in `buffer`. */
  private unpacked(buffer: Uint32Array, count: number): Uint32Array {
    const values = count === buffer.length ? buffer : buffer.subarray(0, count);
    this.unpack(values);
    return values;
  }

  private unpack(output: HybridArray): void {
    const { bytes, width } = this;
    // The last run of a page may be cut short: only the bytes that hold wanted values must be there.
    if (this.offset + Math.ceil((this.bit + output.length * width) / 8) > bytes.length) {
      throw new EncodingError('a bit-packed run ends before its values do');
    }
    this.pass(width <= SMALL_WIDTH ? this.unpackSmall(output) : this.unpackLarge(output));
  }

  /** @param bits from `offset` on that are taken now */
  private pass(bits: number): void {
    this.offset += Math.floor(bits / 8);
    this.bit = bits % 8;
  }

  /** The bits are gathered in one 32-bit integer. Returns the bits from `offset` on that are taken now. */
  private unpackSmall(output: HybridArray): number {
    const { bytes, width } = this;
    const mask = (1 << width) - 1;
    let { offset } = this;
    let buffer = this.bit > 0 ? bytes[offset++]! >> this.bit : 0;
    let bits = this.bit > 0 ? 8 - this.bit : 0;
    for (let i = 0; i < output.length; i++) {
      while (bits < width) {
        buffer |= bytes[offset++]! << bits;
        bits += 8;
      }
      output[i] = buffer & mask;
      buffer >>>= width;
      bits -= width;
    }
    return this.bit + output.length * width;
  }

  /** The same for wider values: a number holds 53 bits, but shifts know only 32 of them. */
  private unpackLarge(output: HybridArray): number {
    const { bytes, width } = this;
    const mask = width === 32 ? 0xffffffff : 2 ** width - 1;
    let { offset } = this;
    let buffer = this.bit > 0 ? bytes[offset++]! >> this.bit : 0;
    let bits = this.bit > 0 ? 8 - this.bit : 0;
    for (let i = 0; i < output.length; i++) {
      while (bits < width) {
        buffer += bytes[offset++]! * 2 ** bits;
        bits += 8;
      }
      output[i] = (buffer & mask) >>> 0;
      buffer = Math.floor(buffer / 2 ** width);
      bits -= width;
    }
    return this.bit + output.length * width;
  }
}

/**
 * Encodes `values` with `width` bits each.
 * @internal
 */
export function encodeHybrid(values: HybridArray, width: number): Uint8Array {
  const encoder = new HybridEncoder(width);
  encoder.addAll(values);
  return encoder.finish();
}

/** Encodes values of `width` bits: long repeats as RLE runs, the rest bit-packed in groups of eight. */
export class HybridEncoder {
  private bytes = new Uint8Array(256);
  private length = 0;
  /** Values to be bit-packed; whole groups of eight, but for the last. */
  private readonly packed = new Uint32Array(PACKED_AT_ONCE);
  private waiting = 0;

  /** The repeat that is still growing. */
  private value = 0;
  private times = 0;

  constructor(private readonly width: number) {}

  /** Repeats of one value that follow each other become one. */
  add(value: number, times: number): void {
    if (value === this.value) {
      this.times += times;
      return;
    }
    // Mostly: of values that differ each is alone.
    if (this.times === 1) this.packOne(this.value);
    else this.endRepeat();
    this.value = value;
    this.times = times;
  }

  addAll(values: HybridArray): void {
    for (let i = 0; i < values.length;) {
      const value = values[i]!;
      let end = i + 1;
      while (end < values.length && values[end] === value) end++;
      this.add(value, end - i);
      i = end;
    }
  }

  /** All runs; nothing can be added after that. */
  finish(): Uint8Array {
    this.endRepeat();
    this.flush();
    return this.bytes.slice(0, this.length);
  }

  private endRepeat(): void {
    const { value, times } = this;
    if (times === 0) return;
    this.times = 0;
    // A packed run holds whole groups of eight, so a repeat first lends what fills the last group.
    const lent = -this.waiting & 7;
    if (times - lent >= 8) {
      this.pack(value, lent);
      this.flush();
      this.repeat(value, times - lent);
    } else {
      this.pack(value, times);
    }
  }

  private pack(value: number, times: number): void {
    for (let i = 0; i < times; i++) this.packOne(value);
  }

  private packOne(value: number): void {
    this.packed[this.waiting++] = value;
    if (this.waiting === PACKED_AT_ONCE) this.flush();
  }

  private repeat(value: number, times: number): void {
    this.reserve(MAX_VARINT + 4);
    this.varint(times * 2);
    for (let bit = 0, rest = value; bit < this.width; bit += 8, rest = Math.floor(rest / 0x100)) {
      this.bytes[this.length++] = rest & 0xff;
    }
  }

  /** Writes what waits as a packed run. */
  private flush(): void {
    if (this.waiting === 0) return;
    const values = this.packed.subarray(0, this.waiting);
    const groups = Math.ceil(values.length / 8);
    this.reserve(MAX_VARINT + groups * this.width);
    this.varint(groups * 2 + 1);
    if (this.width <= SMALL_WIDTH) this.packSmall(values);
    else this.packLarge(values);
    this.length += groups * this.width;
    this.waiting = 0;
  }

  private packSmall(values: Uint32Array): void {
    const { bytes, width } = this;
    let at = this.length;
    let buffer = 0;
    let bits = 0;
    for (const value of values) {
      buffer |= value << bits;
      bits += width;
      while (bits >= 8) {
        bytes[at++] = buffer & 0xff;
        buffer >>>= 8;
        bits -= 8;
      }
    }
    if (bits > 0) bytes[at] = buffer & 0xff;
  }

  private packLarge(values: Uint32Array): void {
    const { bytes, width } = this;
    let at = this.length;
    let buffer = 0;
    let bits = 0;
    for (const value of values) {
      buffer += value * 2 ** bits;
      bits += width;
      while (bits >= 8) {
        bytes[at++] = buffer & 0xff;
        buffer = Math.floor(buffer / 256);
        bits -= 8;
      }
    }
    if (bits > 0) bytes[at] = buffer & 0xff;
  }

  private varint(value: number): void {
    while (value >= 0x80) {
      this.bytes[this.length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.bytes[this.length++] = value;
  }

  /** Makes room for `count` bytes; those not yet written are 0. */
  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.length + count));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}
