import { constants, createBrotliCompress, createGzip, gzipSync } from 'node:zlib';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Zstd } from '@hpcc-js/wasm-zstd';
import fc from '../support/properties.js';
import { describe, expect, test } from 'vitest';
import { CodecError, openCodec, type PageCodec, UnknownCodec } from '../../src/parquet/codec.js';
import { Codec } from '../../src/parquet/format.js';
import { query } from '../support/duckdb.js';
import { read as readByParquetWasm } from '../support/parquet-wasm.js';
import { compressByPyarrow, hashOf, pageFile, readByPyarrow } from './codecs/judge.js';

type Name = Exclude<keyof typeof Codec, 'lzo'>;
const compressing = ['snappy', 'gzip', 'brotli', 'zstd', 'lz4', 'lz4Raw'] as const;
const all: readonly Name[] = ['uncompressed', ...compressing];

const text = Buffer.from('rated '.repeat(1000));
const random = seeded(1);
/** All of whole int32 values, so that a page of them can be read. */
const samples = {
  text,
  'one value': Buffer.from([1, 2, 3, 4]),
  numbers: Buffer.from(Int32Array.from({ length: 750 }, (_, i) => (i * i) % 251).buffer),
  noise: Buffer.from(Array.from({ length: 400 }, () => random() & 255)),
  zeros: Buffer.alloc(300_000),
  long: Buffer.from(Array.from({ length: 600_000 }, (_, i) => (i % 3000 < 400 ? random() & 7 : i % 7))),
  'noise, then zeros': Buffer.from(
    Array.from({ length: 400_000 }, (_, i) => (i < 90_000 ? random() & 255 : 0)),
  ),
};

/** Hardly anything of them can be said shorter; some can. */
const floats = Buffer.from(
  Float32Array.from({ length: 300_000 }, (_, i) =>
    i % 400 < 4 ? 1 : (random() + random() / 65_536) / 65_536,
  ).buffer,
);

function seeded(state: number): () => number {
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 16;
}

/** What `codec` makes of it; undefined when it refuses as it should. */
function attempt(
  codec: PageCodec,
  bytes: Uint8Array,
  size: number,
  into?: Uint8Array,
): Uint8Array | undefined {
  try {
    return codec.decompress(bytes, size, into);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

/** A zstd frame that does not tell its size, as Spark writes them. */
async function zstdStream(bytes: Uint8Array): Promise<Buffer> {
  const zstd = await Zstd.load();
  zstd.reset();
  const head = zstd.compressChunk(bytes);
  return Buffer.concat([head, zstd.compressEnd()]);
}

/** 6000 bytes of `text`, with a checksum. */
const checkedZstdFrame = Buffer.from('KLUv/WRwFnUAADByYXRlZCABAGeXvhQBjC2S2w==', 'base64');

describe('codecs', () => {
  test('snappy: no bit may flip unnoticed that would be noticed if no memory were lent', async () => {
    const codec = await openCodec(Codec.snappy);
    const bytes = floats.subarray(0, 4_800);
    const packed = codec.compress(bytes);
    const lent = Buffer.alloc(bytes.length);
    for (let bit = 0; bit < 8 * packed.length; bit++) {
      packed[bit >> 3]! ^= 1 << (bit & 7);
      const [own, same] = [attempt(codec, packed, bytes.length), attempt(codec, packed, bytes.length, lent)];
      if (own === undefined ? same !== undefined : !same || Buffer.compare(own, same) !== 0) {
        expect.fail(`bit ${bit}`);
      }
      packed[bit >> 3]! ^= 1 << (bit & 7);
    }
    for (let end = 0; end < packed.length; end++) {
      expect(attempt(codec, packed.subarray(0, end), bytes.length, lent)).toBeUndefined();
    }
    const more = Buffer.concat([packed, Buffer.of(0, 1)]);
    expect(attempt(codec, more, bytes.length, lent)).toBeUndefined();
  });

  for (const name of all) {
    test(`${name}: what is compressed comes back, and only in the size that was promised`, async () => {
      const codec = await openCodec(Codec[name]);
      for (const bytes of [...Object.values(samples), Buffer.alloc(0)]) {
        const packed = codec.compress(bytes);
        expect(hashOf(codec.decompress(packed, bytes.length))).toBe(hashOf(bytes));
        if (bytes.length > 0) expect(() => codec.decompress(packed, bytes.length - 1)).toThrow(CodecError);
        expect(() => codec.decompress(packed, bytes.length + 1)).toThrow(CodecError);
      }
    });

    test(`${name}: what comes back is the same where memory was lent`, async () => {
      const codec = await openCodec(Codec[name]);
      for (const bytes of [...Object.values(samples), floats, Buffer.alloc(0)]) {
        const packed = codec.compress(bytes);
        const lent = Buffer.alloc(bytes.length, 77);
        expect(hashOf(codec.decompress(packed, bytes.length, lent))).toBe(hashOf(bytes));
      }
    });

    test(`${name}: a size that no page can have is refused before room is made for it`, async () => {
      const codec = await openCodec(Codec[name]);
      for (const size of [2 ** 31 - 1, 2 ** 31, 2 ** 40, -1, NaN]) {
        expect(() => codec.decompress(codec.compress(text), size)).toThrow(CodecError);
      }
    });

    test(`${name}: nothing may be stored as nothing, and something may not`, async () => {
      const codec = await openCodec(Codec[name]);
      expect(codec.decompress(new Uint8Array(0), 0)).toHaveLength(0);
      expect(() => codec.decompress(new Uint8Array(0), 4)).toThrow(CodecError);
    });
  }

  for (const name of compressing) {
    test(`${name}: what ends early or goes on is refused`, async () => {
      const codec = await openCodec(Codec[name]);
      const packed = codec.compress(text);
      for (let end = 0; end < packed.length; end++) {
        expect(attempt(codec, packed.subarray(0, end), text.length)).toBeUndefined();
      }
      for (const tail of [Buffer.from([0]), Buffer.from([1]), Buffer.alloc(100), packed]) {
        const longer = Buffer.concat([packed, tail]);
        expect(attempt(codec, longer, text.length)).toBeUndefined();
      }
    });
  }

  for (const name of ['gzip', 'zstd', 'lz4'] as const) {
    test(`${name}: a page may be several streams, one behind the other`, async () => {
      const codec = await openCodec(Codec[name]);
      const packed = codec.compress(text);
      const twice = Buffer.concat([packed, packed]);
      expect(hashOf(codec.decompress(twice, 12_000))).toBe(hashOf(Buffer.concat([text, text])));
      expect(() => codec.decompress(twice, 11_999)).toThrow(CodecError);
      expect(() => codec.decompress(twice, 12_001)).toThrow(CodecError);
    });
  }

  test('a gzip member is checked to the last byte of its trailer', async () => {
    const codec = await openCodec(Codec.gzip);
    const packed = gzipSync(text);
    packed[packed.length - 5]! ^= 1;
    expect(() => codec.decompress(packed, text.length)).toThrow('the data do not decompress (');
  });

  test('LZO cannot be opened, and says so by its name', async () => {
    await expect(openCodec(Codec.lzo)).rejects.toThrow(UnknownCodec);
    await expect(openCodec(Codec.lzo)).rejects.toThrow('lzo');
    await expect(openCodec(99)).rejects.toThrow(UnknownCodec);
  });
});

describe('zstd', () => {
  test('frames that do not tell their size, as Spark writes them, inflate a thousandfold', async () => {
    const codec = await openCodec(Codec.zstd);
    const zeros = new Uint8Array(8 * 1024 * 1024);
    expect(codec.decompress(await zstdStream(zeros), zeros.length)).toHaveLength(zeros.length);
  });

  test('frames that tell their size and frames that do not, and frames to skip, may follow each other', async () => {
    const codec = await openCodec(Codec.zstd);
    const [sized, unsized] = [codec.compress(text), await zstdStream(text)];
    const skipped = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    for (const frames of [
      [sized, unsized],
      [unsized, unsized],
      [skipped, unsized, skipped, sized, unsized],
    ]) {
      const page = Buffer.concat(frames);
      const content = Buffer.concat(frames.map((frame) => (frame === skipped ? Buffer.alloc(0) : text)));
      expect(hashOf(codec.decompress(page, content.length))).toBe(hashOf(content));
      for (const wrong of [-1, 1]) {
        expect(() => codec.decompress(page, content.length + wrong)).toThrow(CodecError);
      }
    }
  });

  test('a checksum is checked, and may not be cut off', async () => {
    const codec = await openCodec(Codec.zstd);
    expect(hashOf(codec.decompress(checkedZstdFrame, text.length))).toBe(hashOf(text));
    for (let bit = 1; bit <= 32; bit++) {
      const damaged = Buffer.from(checkedZstdFrame);
      damaged[damaged.length - Math.ceil(bit / 8)]! ^= 1 << (bit & 7);
      expect(() => codec.decompress(damaged, text.length)).toThrow('the data do not decompress (');
    }
  });

  test('a page of very many frames is refused, not worked through', async () => {
    const codec = await openCodec(Codec.zstd);
    const frame = codec.compress(Buffer.from([1]));
    const page = Buffer.concat(new Array<Uint8Array>(100_000).fill(frame));
    expect(() => codec.decompress(page, 100_000)).toThrow('more than 1024 frames');
  });
});

describe('LZ4', () => {
  test('a page may be a frame, as old Arrow wrote them, or one bare block', async () => {
    const codec = await openCodec(Codec.lz4);
    const raw = await openCodec(Codec.lz4Raw);
    const all = Object.values(samples);
    const frames = compressByPyarrow(all.map((bytes) => ['lz4', bytes]));
    for (const [i, bytes] of all.entries()) {
      expect(frames[i]!.readUInt32LE(0)).toBe(0x184d2204);
      for (const page of [frames[i]!, raw.compress(bytes)]) {
        expect(hashOf(codec.decompress(page, bytes.length))).toBe(hashOf(bytes));
        expect(() => codec.decompress(page, bytes.length + 1)).toThrow(CodecError);
        expect(() => codec.decompress(page, bytes.length - 1)).toThrow(CodecError);
        expect(() => codec.decompress(Buffer.concat([page, Buffer.alloc(1)]), bytes.length)).toThrow(
          CodecError,
        );
        expect(() => codec.decompress(page.subarray(0, -1), bytes.length)).toThrow(CodecError);
      }
    }
  });

  test('a frame carries checksums of its header, its blocks and its content, and each is checked', async () => {
    const codec = await openCodec(Codec.lz4);
    // Made by liblz4's `lz4` with --content-size and checksums of blocks: the block is stored, since it does not shrink.
    const content = Buffer.from([1, 2, 3, 4]);
    const page = Buffer.from('04224d187c4004000000000000001f04000080010203049cd196fe000000009cd196fe', 'hex');
    expect(codec.decompress(page, 4)).toEqual(new Uint8Array(content));
    for (let bit = 0; bit < page.length * 8; bit++) {
      const damaged = Buffer.from(page);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(attempt(codec, damaged, 4)).toBeUndefined();
    }
  });

  test('of what is longer than its buffer Hadoop makes one block of several packed pieces', async () => {
    const codec = await openCodec(Codec.lz4);
    const raw = await openCodec(Codec.lz4Raw);
    const bytes = samples.long;
    const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer).swap32();
    const pieces = [0, 1, 2].flatMap((i) => {
      const block = raw.compress(bytes.subarray(i * 200_000, (i + 1) * 200_000));
      return [u32(block.length), block];
    });
    const page = Buffer.concat([u32(bytes.length), ...pieces]);
    expect(hashOf(codec.decompress(page, bytes.length))).toBe(hashOf(bytes));
    expect(() => codec.decompress(page.subarray(0, -1), bytes.length)).toThrow(CodecError);
  });

  test('pages of LZ4 are written in blocks that fit into the buffer of Hadoop', async () => {
    const codec = await openCodec(Codec.lz4);
    const page = Buffer.from(codec.compress(samples.zeros));
    const sizes: number[] = [];
    for (let i = 0; i < page.length; i += 8 + page.readUInt32BE(i + 4)) sizes.push(page.readUInt32BE(i));
    expect(sizes).toEqual([65_536, 65_536, 65_536, 103_392]);
  });

  test('blocks that break the rules for their ends are refused, as liblz4 does', async () => {
    const codec = await openCodec(Codec.lz4Raw);
    const refused: Record<string, number[]> = {
      'ends with a copy': [0x1f, 65, 1, 0, 80, 0],
      'copies from before its start': [0x10, 65, 2, 0, 0x50, 1, 2, 3, 4, 5],
      'copies from where it writes': [0x10, 65, 0, 0, 0x50, 1, 2, 3, 4, 5],
      'ends in a distance': [0x10, 65, 1],
      'ends in a length': [0xf0, 255, 255],
    };
    for (const [what, block] of Object.entries(refused)) {
      for (let size = 0; size < 200; size++) {
        expect(attempt(codec, Uint8Array.from(block), size), what).toBeUndefined();
      }
    }
  });

  test('whatever is compressed comes back', async () => {
    const codecs = [await openCodec(Codec.lz4Raw), await openCodec(Codec.lz4)];
    const repetitive = fc
      .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 100 })))
      .map((runs) => Buffer.concat(runs.flatMap(([run, times]) => new Array<Uint8Array>(times).fill(run))));
    fc.assert(
      fc.property(repetitive, (bytes) => {
        for (const codec of codecs) {
          expect(hashOf(codec.decompress(codec.compress(bytes), bytes.length))).toBe(hashOf(bytes));
        }
      }),
    );
  });

  test('whatever bytes are given, they decompress to the size or are refused', async () => {
    const codecs = [await openCodec(Codec.lz4Raw), await openCodec(Codec.lz4)];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 1000 }), (bytes, size) => {
        for (const codec of codecs) expect([undefined, size]).toContain(attempt(codec, bytes, size)?.length);
      }),
    );
  });
});

describe('bombs', () => {
  const SIZE = 768 * 1024 * 1024;

  /** `SIZE` zeros, without ever having them. */
  async function streamed(stream: NodeJS.ReadWriteStream): Promise<Buffer> {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    const ended = new Promise((resolve) => stream.once('end', resolve));
    const zeros = Buffer.alloc(1024 * 1024);
    for (let made = 0; made < SIZE; made += zeros.length) {
      if (!stream.write(zeros)) await new Promise((resolve) => stream.once('drain', resolve));
    }
    stream.end();
    await ended;
    return Buffer.concat(chunks);
  }

  function zstdRuns(): Buffer {
    const count = SIZE / (128 * 1024);
    const blocks = Array.from({ length: count }, (_, i) => [(i === count - 1 ? 1 : 0) | 2, 0, 0x10, 0]);
    return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, ...blocks.flat()]);
  }

  /** A byte, then copies of it: 255 to a byte of length; five literals end the block. */
  function lz4Run(): Buffer {
    const more = Math.floor((SIZE - 1 - 4 - 15 - 5) / 255);
    const last = SIZE - 1 - 4 - 15 - 5 - more * 255;
    return Buffer.from([0x1f, 0, 1, 0, ...Buffer.alloc(more, 255), last, 0x50, 0, 0, 0, 0, 0]);
  }

  function hadoops(block: Buffer): Buffer {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(SIZE);
    head.writeUInt32BE(block.length, 4);
    return Buffer.concat([head, block]);
  }

  test(
    'memory stays at the size that the header gives, and at what the bytes can hold',
    { timeout: 120_000 },
    async () => {
      const snappy = Buffer.concat([Buffer.from([0x80, 0x80, 0x80, 0x80, 0x03]), Buffer.alloc(1000)]);
      const brotli = createBrotliCompress({
        params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 24 },
      });
      const bombs: Record<(typeof compressing)[number], Buffer> = {
        snappy,
        gzip: await streamed(createGzip({ level: 1 })),
        brotli: await streamed(brotli),
        zstd: zstdRuns(),
        lz4: hadoops(lz4Run()),
        lz4Raw: lz4Run(),
      };
      const codecs = new Map<string, PageCodec>();
      for (const name of compressing) codecs.set(name, await openCodec(Codec[name]));
      const before = process.resourceUsage().maxRSS;
      for (const [name, bomb] of Object.entries(bombs)) {
        const codec = codecs.get(name)!;
        for (const size of [0, 100, 100_000, 1_000_000]) {
          expect(() => codec.decompress(bomb, size), name).toThrow(CodecError);
        }
        // And the other way round: little that is said to be much.
        const little = codec.compress(text);
        for (const size of [SIZE, 2 ** 31 - 1]) {
          expect(() => codec.decompress(little, size), name).toThrow(CodecError);
        }
      }
      expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(100);
    },
  );
});

describe('other readers', () => {
  test('pyarrow reads what we compress, and we what it does', async () => {
    const files: Buffer[] = [];
    const expected: string[] = [];
    const theirs = compressByPyarrow(
      compressing.flatMap((name) =>
        Object.values(samples).map((bytes) => [name === 'lz4Raw' ? 'lz4_raw' : name, bytes] as const),
      ),
    );
    for (const name of compressing) {
      const codec = await openCodec(Codec[name]);
      for (const bytes of Object.values(samples)) {
        files.push(pageFile(Codec[name], codec.compress(bytes), bytes.length));
        expected.push(hashOf(bytes));
        expect(hashOf(codec.decompress(theirs[expected.length - 1]!, bytes.length))).toBe(hashOf(bytes));
      }
    }
    expect(readByPyarrow(files)).toEqual(expected);
  });

  for (const name of ['lz4', 'lz4Raw'] as const) {
    test(`DuckDB and parquet-wasm read our ${name}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'codec-'));
      try {
        const codec = await openCodec(Codec[name]);
        for (const bytes of Object.values(samples)) {
          const path = join(folder, 'x.parquet');
          await writeFile(path, pageFile(Codec[name], codec.compress(bytes), bytes.length));
          const values = [...new Int32Array(Uint8Array.from(bytes).buffer)];
          const [column] = (await readByParquetWasm(path)).columns;
          expect(column!.cells.map(Number)).toEqual(values);
          // DuckDB does not know the old codec at all.
          if (name === 'lz4') continue;
          const [row] = await query(`SELECT sum(x)::VARCHAR AS sum FROM '${path}'`);
          expect(row!['sum']).toBe(String(values.reduce((a, b) => a + b)));
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }

  test(
    'a bit that is wrong is noticed where pyarrow notices it, and never gives other bytes than there',
    { timeout: 180_000 },
    async () => {
      const pages: [Name, Uint8Array, number][] = [];
      for (const name of compressing) {
        const codec = await openCodec(Codec[name]);
        for (const kind of ['text', 'one value'] as const) {
          pages.push([name, codec.compress(samples[kind]), samples[kind].length]);
        }
      }
      const zstd = await openCodec(Codec.zstd);
      const unsized = await zstdStream(text);
      pages.push(
        ['zstd', checkedZstdFrame, text.length],
        ['zstd', zstd.compress(samples.numbers.subarray(0, 600)), 600],
        ['zstd', unsized, text.length],
        ['zstd', Buffer.concat([unsized, unsized]), 2 * text.length],
        ['lz4Raw', (await openCodec(Codec.lz4Raw)).compress(samples.numbers.subarray(0, 400)), 400],
      );
      const files: Buffer[] = [];
      const ours: (string | null)[] = [];
      for (const [name, packed, size] of pages) {
        const codec = await openCodec(Codec[name]);
        for (let bit = 0; bit < packed.length * 8; bit++) {
          const page = Uint8Array.from(packed);
          page[bit >> 3]! ^= 1 << (bit & 7);
          const content = attempt(codec, page, size);
          ours.push(content ? hashOf(content) : null);
          files.push(pageFile(Codec[name], page, size));
        }
      }
      const theirs = readByPyarrow(files);
      const wrong = ours.filter((hash, i) => hash !== null && hash !== theirs[i]);
      expect(wrong).toEqual([]);
      expect(ours.filter((hash) => hash === null).length).toBeGreaterThan(1000);
    },
  );
});
