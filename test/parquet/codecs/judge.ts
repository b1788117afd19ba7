/** Pages in Parquet files, and what pyarrow says of them. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { python, repositoryRoot } from '../../support/paths.js';
import { i32, i64, list, struct, text, thriftBytes } from '../../support/thrift-writer.js';

/** A file of one page of one required int32 column `x`: what the page holds are the values. */
export function pageFile(codec: number, page: Uint8Array, size: number): Buffer {
  const header = thriftBytes({
    1: i32(0),
    2: i32(size),
    3: i32(page.length),
    5: struct({ 1: i32(size / 4), 2: i32(0), 3: i32(3), 4: i32(3) }),
  });
  const metadata = struct({
    1: i32(1),
    2: list([i32(0), i32(3)]),
    3: list([text('x')]),
    4: i32(codec),
    5: i64(size / 4),
    6: i64(header.length + size),
    7: i64(header.length + page.length),
    9: i64(4),
  });
  const footer = thriftBytes({
    1: i32(1),
    2: list([struct({ 4: text('root'), 5: i32(1) }), struct({ 1: i32(1), 3: i32(0), 4: text('x') })]),
    3: i64(size / 4),
    4: list([
      struct({
        1: list([struct({ 2: i64(4), 3: metadata })]),
        2: i64(header.length + size),
        3: i64(size / 4),
      }),
    ]),
  });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([Buffer.from('PAR1'), header, page, footer, length, Buffer.from('PAR1')]);
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function ask(request: object): unknown {
  const { status, stdout, stderr } = spawnSync(
    python,
    [join(repositoryRoot, 'test/parquet/codecs/judge.py')],
    {
      input: JSON.stringify(request),
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    },
  );
  if (status !== 0) throw new Error(`the judge failed: ${stderr}`);
  return JSON.parse(stdout);
}

/** For each file the hash of the values that pyarrow reads, or null where it refuses. */
export function readByPyarrow(files: readonly Uint8Array[]): (string | null)[] {
  const hashes = ask({ op: 'read', files: files.map((file) => Buffer.from(file).toString('base64')) });
  return hashes as (string | null)[];
}

/** @param items each with a name of `pyarrow.Codec`, whose `lz4` is a frame */
export function compressByPyarrow(items: readonly (readonly [codec: string, bytes: Uint8Array])[]): Buffer[] {
  const packed = ask({
    op: 'compress',
    items: items.map(([codec, bytes]) => [codec, Buffer.from(bytes).toString('base64')]),
  });
  return (packed as string[]).map((one) => Buffer.from(one, 'base64'));
}
