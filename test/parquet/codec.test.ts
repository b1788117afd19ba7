import { Zstd } from '@hpcc-js/wasm-zstd';
import { describe, expect, test } from 'vitest';
import { CodecError, openCodec, UnknownCodec } from '../../src/parquet/codec.js';
import { Codec } from '../../src/parquet/format.js';

const text = new TextEncoder().encode('rated '.repeat(1000));

describe('codecs', () => {
  for (const name of ['uncompressed', 'snappy', 'gzip', 'brotli', 'zstd'] as const) {
    test(`${name}: what is compressed comes back, and only in the size that was promised`, async () => {
      const codec = await openCodec(Codec[name]);
      const packed = codec.compress(text);
      expect(Buffer.from(codec.decompress(packed, text.length))).toEqual(Buffer.from(text));
      expect(() => codec.decompress(packed, text.length - 1)).toThrow(CodecError);
      expect(() => codec.decompress(packed, text.length + 1)).toThrow(CodecError);
    });
  }

  test('zstd frames that do not tell their size, as Spark writes them, inflate a thousandfold', async () => {
    const zstd = await Zstd.load();
    const zeros = new Uint8Array(8 * 1024 * 1024);
    zstd.reset();
    const head = zstd.compressChunk(zeros);
    const frame = Buffer.concat([head, zstd.compressEnd()]);
    const codec = await openCodec(Codec.zstd);
    expect(codec.decompress(frame, zeros.length)).toHaveLength(zeros.length);
  });

  test('a bomb is refused by the size its header gives, before it has gone off', async () => {
    const zeros = new Uint8Array(64 * 1024 * 1024);
    for (const name of ['gzip', 'zstd', 'snappy', 'brotli'] as const) {
      const codec = await openCodec(Codec[name]);
      const bomb = codec.compress(zeros);
      expect(() => codec.decompress(bomb, 100)).toThrow(CodecError);
    }
  });

  test('LZO cannot be opened, and says so by its name', async () => {
    await expect(openCodec(Codec.lzo)).rejects.toThrow(UnknownCodec);
    await expect(openCodec(Codec.lzo)).rejects.toThrow('lzo');
  });
});
