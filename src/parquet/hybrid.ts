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

/** Bits that the largest value needs; 0 when there is only the value 0. */
export function bitWidth(largest: number): number {
  return largest === 0 ? 0 : 32 - Math.clz32(largest);
}

/** Fills `output` with values of `width` bits read from `bytes`. */
export function decodeHybrid(bytes: Uint8Array, width: number, output: HybridArray): void {
  if (width === 0) {
    output.fill(0);
    return;
  }
  if (width > 32) throw new EncodingError(`a bit width of ${width}`);
  let offset = 0;
  let filled = 0;
  while (filled < output.length) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[offset++];
      if (byte === undefined || shift > 28) throw new EncodingError('the runs end before the values do');
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const isPacked = header % 2 === 1;
    const count = Math.floor(header / 2);
    if (isPacked) {
      const wanted = Math.min(count * 8, output.length - filled);
      // The last run of a page may be cut short: only the bytes that hold wanted values must be there.
      if (offset + Math.ceil((wanted * width) / 8) > bytes.length) {
        throw new EncodingError('a bit-packed run ends before its values do');
      }
      unpack(bytes, offset, width, output.subarray(filled, filled + wanted));
      offset += count * width;
      filled += wanted;
    } else {
      if (count === 0) throw new EncodingError('an empty run');
      let value = 0;
      for (let i = 0; i < Math.ceil(width / 8); i++) value += (bytes[offset++] ?? 0) * 2 ** (8 * i);
      if (offset > bytes.length) throw new EncodingError('a run ends before its value does');
      const end = Math.min(filled + count, output.length);
      output.fill(value, filled, end);
      filled = end;
    }
  }
}

function unpack(bytes: Uint8Array, offset: number, width: number, output: HybridArray): void {
  const mask = width === 32 ? 0xffffffff : 2 ** width - 1;
  let buffer = 0; // fewer than 8 + 32 bits, so kept as an exact number and taken apart by division
  let bits = 0;
  for (let i = 0; i < output.length; i++) {
    while (bits < width) {
      buffer += (bytes[offset++] ?? 0) * 2 ** bits;
      bits += 8;
    }
    output[i] = (buffer & mask) >>> 0;
    buffer = Math.floor(buffer / 2 ** width);
    bits -= width;
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
    let buffer = 0;
    let bits = 0;
    for (const value of values) {
      buffer += value * 2 ** bits;
      bits += this.width;
      while (bits >= 8) {
        this.bytes[this.length++] = buffer & 0xff;
        buffer = Math.floor(buffer / 256);
        bits -= 8;
      }
    }
    if (bits > 0) this.bytes[this.length] = buffer & 0xff;
    this.length = end;
  }

  private varint(value: number): void {
    while (value >= 0x80) {
      this.bytes[this.length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.bytes[this.length++] = value;
  }
}
