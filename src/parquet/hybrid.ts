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

/** Arrays that values are decoded into: levels fit bytes, indices need 32 bits. */
export type HybridArray = Uint8Array | Uint32Array;

/** Values up to this width, and seven bits of the byte they begin in, fit 32 bits. */
const SMALL_WIDTH = 24;

/** Bits that the largest value needs; 0 when there is only the value 0. */
export function bitWidth(largest: number): number {
  return largest === 0 ? 0 : 32 - Math.clz32(largest);
}

/** Fills `output` with the first values of `width` bits in `bytes`. */
export function decodeHybrid(bytes: Uint8Array, width: number, output: HybridArray): void {
  new HybridDecoder(bytes, width).read(output);
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

  /**
   * Fills `output` with the next values.
   * @throws EncodingError when the runs end before that
   */
  read(output: HybridArray): void {
    if (this.width === 0) {
      output.fill(0);
      return;
    }
    let filled = 0;
    while (filled < output.length) {
      if (this.left === 0) this.begin();
      const take = Math.min(this.left, output.length - filled);
      if (this.repeated === undefined) this.unpack(output.subarray(filled, filled + take));
      else output.fill(this.repeated, filled, filled + take);
      this.left -= take;
      filled += take;
    }
  }

  /** Reads a run's header. */
  private begin(): void {
    // A bit-packed run ends with a whole byte, as it holds whole groups of eight values.
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.offset++];
      if (byte === undefined || shift > 28) throw new EncodingError('the runs end before the values do');
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const count = Math.floor(header / 2);
    if (header % 2 === 1) {
      this.left = count * 8;
      this.repeated = undefined;
      return;
    }
    if (count === 0) throw new EncodingError('an empty run');
    let value = 0;
    for (let i = 0; i < Math.ceil(this.width / 8); i++) {
      value += (this.bytes[this.offset++] ?? 0) * 2 ** (8 * i);
    }
    if (this.offset > this.bytes.length) throw new EncodingError('a run ends before its value does');
    this.left = count;
    this.repeated = value;
  }

  private unpack(output: HybridArray): void {
    const { bytes, width } = this;
    // The last run of a page may be cut short: only the bytes that hold wanted values must be there.
    if (this.offset + Math.ceil((this.bit + output.length * width) / 8) > bytes.length) {
      throw new EncodingError('a bit-packed run ends before its values do');
    }
    const taken = width <= SMALL_WIDTH ? this.unpackSmall(output) : this.unpackLarge(output);
    this.offset += Math.floor(taken / 8);
    this.bit = taken % 8;
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

/** Encodes `values` with `width` bits each: long repeats as RLE runs, the rest bit-packed in groups of eight. */
export function encodeHybrid(values: HybridArray, width: number): Uint8Array {
  const writer = new HybridWriter(width, values.length);
  let packedFrom = 0;
  let i = 0;
  while (i < values.length) {
    let end = i + 1;
    while (end < values.length && values[end] === values[i]) end++;
    // A packed run holds whole groups of eight, so a repeat first lends what fills the last group.
    const lent = (8 - ((i - packedFrom) % 8)) % 8;
    if (end - i - lent >= 8) {
      writer.packed(values.subarray(packedFrom, i + lent));
      writer.repeated(values[i] ?? 0, end - i - lent);
      packedFrom = end;
    }
    i = end;
  }
  writer.packed(values.subarray(packedFrom));
  return writer.finish();
}

class HybridWriter {
  private readonly width: number;
  private readonly bytes: Uint8Array;
  private length = 0;

  /** Worst case: all bit-packed, padded to a group, with run headers between runs of eight. */
  constructor(width: number, count: number) {
    this.width = width;
    this.bytes = new Uint8Array(Math.ceil(count / 8) * (width + 10) + 16);
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  repeated(value: number, count: number): void {
    this.varint(count * 2);
    for (let i = 0; i < Math.ceil(this.width / 8); i++) {
      this.bytes[this.length++] = Math.floor(value / 2 ** (8 * i)) & 0xff;
    }
  }

  packed(values: HybridArray): void {
    if (values.length === 0) return;
    const groups = Math.ceil(values.length / 8);
    this.varint(groups * 2 + 1);
    const end = this.length + groups * this.width;
    if (this.width <= SMALL_WIDTH) this.packSmall(values);
    else this.packLarge(values);
    this.length = end;
  }

  private packSmall(values: HybridArray): void {
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

  private packLarge(values: HybridArray): void {
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
}
