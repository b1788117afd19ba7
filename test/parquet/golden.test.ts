/**
 * The same inputs give the same bytes, or the engine has another version. An output is found again by a name that hashes
 * the version; were bytes to change without it, a run would take an older engine's parts for its own.
 *
 * Inputs are files of the repository, but for those in codecs whose results depend on the version of Node.js.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readFooter } from '../../src/parquet/footer.js';
import { Codec, ColumnChunk, ColumnMetaData, RowGroup } from '../../src/parquet/format.js';
import { ENGINE_VERSION } from '../../src/parquet/engine-version.js';
import type { OpenSource, SourceFile } from '../../src/parquet/source-file.js';
import type { RowSlices } from '../../src/parquet/source.js';
import { reencode } from '../../src/parquet/reencode.js';
import { splice } from '../../src/parquet/splice.js';
import { slicesFor } from '../support/data-set.js';
import { repositoryRoot } from '../support/paths.js';
import { SMALLEST_COPY, VERSION } from './files.js';
import { readerOf } from './memory.js';

const FIXTURES = join(repositoryRoot, 'test', 'fixtures');
const GOLDEN = join(repositoryRoot, 'test', 'parquet', 'golden.json');

interface Golden {
  /** The engine that made the outputs. */
  engine: number;
  /** SHA-256 of all outputs made of the inputs in a folder. */
  outputs: Record<string, string>;
}

/** Folders of parts that are one data set, by what a failure should be called: `golden/00-duckdb`, `cases/aligned`. */
function dataSets(): Map<string, string[][]> {
  const folders = new Map<string, string[]>();
  for (const entry of readdirSync(FIXTURES, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.parquet')) continue;
    const folder = entry.parentPath.slice(FIXTURES.length + 1);
    folders.set(folder, [...(folders.get(folder) ?? []), join(entry.parentPath, entry.name)]);
  }
  const named = new Map<string, string[][]>();
  for (const [folder, files] of [...folders].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = folder.split(/[\\/]/).slice(0, 2).join('/');
    named.set(name, [...(named.get(name) ?? []), files.sort()]);
  }
  return named;
}

/** Feeds all that can be made of one data set's rows into a hash. */
async function hashOutputs(paths: readonly string[], hash: ReturnType<typeof createHash>): Promise<void> {
  const files = await Promise.all(
    paths.map(async (path): Promise<SourceFile & { bytes: Uint8Array }> => {
      const bytes = readFileSync(path);
      const reader = { ...readerOf(path, bytes), smallestCopy: SMALLEST_COPY };
      return { bytes, reader, footer: await readFooter(reader) };
    }),
  );
  if (!files.every(({ footer }) => footer.rowGroups.every(isSteady))) return;
  const open: OpenSource = (source) => Promise.resolve(files[source]!);
  const rowsOf = files.map(({ footer }) => footer.rows);
  const rows = rowsOf.reduce((a, b) => a + b, 0);
  const third = Math.floor(rows / 3);
  for (const layout of [
    [rows],
    [third, rows - 2 * third, third],
    [1, rows - 1].filter((n) => rows > 1 && n > 0),
  ]) {
    for (const some of slicesFor(rowsOf, layout)) {
      const slices = some as unknown as RowSlices;
      const keys = { shape: `(${some.reduce((sum, { from, to }) => sum + to - from, 0)},)` };
      for (const smallestCopy of [SMALLEST_COPY, 300]) {
        const { segments } = await splice(open, slices, keys, { smallestCopy, version: VERSION });
        for (const s of segments) {
          hash.update(s.kind === 'bytes' ? s.bytes : files[s.source]!.bytes.subarray(s.start, s.end));
        }
      }
      for await (const chunk of reencode(open, slices, keys, { version: VERSION })) hash.update(chunk);
    }
  }
}

function isSteady(group: RowGroup): boolean {
  const codecs = group
    .require(RowGroup.columns)
    .map((column) => column.get(ColumnChunk.metaData)?.get(ColumnMetaData.codec));
  return codecs.every((codec) => codec === Codec.uncompressed || codec === Codec.snappy);
}

async function made(): Promise<Golden['outputs']> {
  const outputs: Golden['outputs'] = {};
  for (const [name, folders] of dataSets()) {
    const hash = createHash('sha256');
    for (const paths of folders) await hashOutputs(paths, hash);
    outputs[name] = hash.digest('hex');
  }
  return outputs;
}

test('outputs are what this version of the engine makes', async () => {
  const golden = JSON.parse(readFileSync(GOLDEN, 'utf8')) as Golden;
  const outputs = await made();
  const changed = Object.keys(outputs).filter((name) => outputs[name] !== golden.outputs[name]);
  const known = changed.filter((name) => name in golden.outputs);
  const isRaised = ENGINE_VERSION > golden.engine;
  if (process.env['UPDATE_GOLDEN'] && (isRaised || known.length === 0)) {
    writeFileSync(GOLDEN, `${JSON.stringify({ engine: ENGINE_VERSION, outputs }, undefined, 2)}\n`);
    return;
  }
  const record = 'record them with `UPDATE_GOLDEN=1 npx vitest run test/parquet/golden.test.ts`';
  expect(
    known,
    isRaised
      ? `The engine's version was raised and outputs changed: ${record}.`
      : `Outputs changed. If that was meant, raise ENGINE_VERSION in src/parquet/engine-version.ts, so that parts of the older engine are made anew, and ${record}.`,
  ).toEqual([]);
  expect(changed, `There are new inputs: ${record}.`).toEqual([]);
  expect(golden.engine, `The engine has another version than the recorded outputs: ${record}.`).toBe(
    ENGINE_VERSION,
  );
}, 120_000);
