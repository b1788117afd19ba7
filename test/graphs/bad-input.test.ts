/** Bad input: one clear line, exit code 1, and nothing published. */
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errorLines, gsRepartition } from './command.js';
import { checksums, copyFixture, editMetadata, type Metadata, readMetadata } from './prefix.js';

/** The first part of the embedding, which every layout needs. */
async function aPart(prefix: string): Promise<string> {
  const metadata = await readMetadata(prefix);
  return join(prefix, metadata.node_data!['movie']!['title_embedding']!.data[0]!);
}

interface Case {
  name: string;
  spoil: (prefix: string) => Promise<void>;
  says: (string | RegExp)[];
}

const edit =
  (change: (metadata: Metadata) => void) =>
  (prefix: string): Promise<void> =>
    editMetadata(prefix, change);

const cases: Case[] = [
  {
    name: 'no metadata',
    spoil: (prefix) => rm(join(prefix, 'metadata.json')),
    says: ['no metadata.json under ', 'Give the prefix'],
  },
  {
    name: 'broken JSON',
    spoil: async (prefix) => {
      const file = join(prefix, 'metadata.json');
      await writeFile(file, (await readFile(file, 'utf8')).slice(0, 1000));
    },
    says: ['metadata.json: not valid JSON at line'],
  },
  {
    name: 'a missing key',
    spoil: edit((metadata) => {
      Reflect.deleteProperty(metadata, 'edge_type');
    }),
    says: ['metadata.json: edge_type is missing'],
  },
  {
    name: 'a missing part',
    spoil: async (prefix) => rm(await aPart(prefix)),
    says: [/part-00000\S*\.parquet/, 'node_data of movie, title_embedding'],
  },
  {
    name: 'a truncated part',
    spoil: async (prefix) => truncate(await aPart(prefix), 1000),
    says: ['does not end with PAR1', 'node_data of movie, title_embedding'],
  },
  {
    name: 'a part that is no Parquet',
    spoil: async (prefix) => writeFile(await aPart(prefix), 'src_int_id,dst_int_id\n1,2\n'),
    says: ['not a Parquet file', 'node_data of movie, title_embedding'],
  },
  {
    name: 'an empty part',
    spoil: async (prefix) => truncate(await aPart(prefix), 0),
    says: ['not a Parquet file: it has only 0 bytes', 'node_data of movie, title_embedding'],
  },
  {
    name: 'a path that leaves the prefix',
    spoil: edit(
      (metadata) => (metadata.node_data!['movie']!['title_embedding']!.data[0] = '../../etc/passwd'),
    ),
    says: [
      'node_data["movie"]["title_embedding"].data[0]: "../../etc/passwd" is not a path inside the prefix',
    ],
  },
  {
    name: 'counts that lie',
    spoil: edit((metadata) => metadata.node_data!['movie']!['title_embedding']!.row_counts![0]!++),
    says: [/part-00000\S*\.parquet .*has 601 rows, the metadata say 602/, '--recount'],
  },
  {
    name: 'a total that lies',
    spoil: edit((metadata) => metadata.num_edges_per_type![0]!++),
    says: ['num_edges_per_type says', '--recount'],
  },
  {
    name: 'a format other than parquet',
    spoil: edit((metadata) =>
      Object.assign(metadata.edges[metadata.edge_type[0]!]!, { format: { name: 'csv' } }),
    ),
    says: ['its format is "csv"'],
  },
  {
    name: 'damaged pages',
    spoil: async (prefix) => {
      const part = await aPart(prefix);
      const bytes = await readFile(part);
      const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
      await writeFile(part, bytes.fill(0x5f, 4, footer));
    },
    says: ['part-00000', /column title_embedding.* byte \d+/],
  },
];

describe('bad input is one clear line, exit code 1, and nothing published', () => {
  for (const { name, spoil, says } of cases) {
    test(name, async () => {
      const prefix = await copyFixture('movies');
      await spoil(prefix);
      const before = await checksums(prefix);
      // Other data sets lie in the way of an even layout, so this one's pages must be opened.
      const extra = name === 'damaged pages' ? ['--num-output-files', '7'] : [];
      const outcome = await gsRepartition(['--input-prefix', prefix, ...extra]);
      expect(outcome.code).toBe(1);
      const [line, ...others] = errorLines(outcome);
      expect(others).toEqual([]);
      for (const text of says) expect(line).toMatch(text);
      expect(outcome.stderr).not.toMatch(/^\s+at /m);
      const after = await checksums(prefix);
      expect(after.has('updated_row_counts_metadata.json')).toBe(false);
      for (const [path, sum] of before) expect([path, after.get(path)]).toEqual([path, sum]);
    });
  }

  test('a folder that may not be written to', async () => {
    const prefix = await copyFixture('movies');
    // Root may write anywhere, so that a test as root runs the command as nobody.
    const uid = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    for (const folder of [join(prefix, '..'), prefix]) {
      await chmod(folder, 0o555);
    }
    const outcome = await gsRepartition(['--input-prefix', prefix], uid);
    await chmod(prefix, 0o755);
    await chmod(join(prefix, '..'), 0o755);
    expect(outcome.code).toBe(1);
    expect(errorLines(outcome)).toHaveLength(1);
    expect(errorLines(outcome)[0]).toContain(prefix);
    expect(existsSync(join(prefix, 'updated_row_counts_metadata.json'))).toBe(false);
  });

  test('metadata that are broken by now replace the status of the run before', async () => {
    const prefix = await copyFixture('cases/file-counts');
    expect((await gsRepartition(['--input-prefix', prefix])).code).toBe(0);
    await writeFile(join(prefix, 'metadata.json'), '{"edge_type": [');
    expect((await gsRepartition(['--input-prefix', prefix])).code).toBe(1);
    const status = JSON.parse(await readFile(join(prefix, 'repartition_status.json'), 'utf8')) as object;
    expect(status).toMatchObject({ status: 'failed', error: { code: 'metadata' } });
  });

  test('a data set behind a symbolic link gets its new parts inside the prefix', async () => {
    const prefix = await copyFixture('movies');
    const outside = join(prefix, '..', 'another-disk');
    await rename(join(prefix, 'edge_data'), outside);
    await symlink(outside, join(prefix, 'edge_data'));
    const before = await checksums(outside);
    expect((await gsRepartition(['--input-prefix', prefix])).code).toBe(0);
    expect(await checksums(outside)).toEqual(before);
    expect((await gsRepartition(['verify', '--input-prefix', prefix])).code).toBe(0);
    const again = await gsRepartition(['--input-prefix', prefix, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ parts: { spliced: 0, reencoded: 0 } });
  });

  test('a data set whose folder may not be written to leaves a status that says so', async () => {
    const prefix = await copyFixture('movies');
    const parts = (await readMetadata(prefix)).edges['director:directed_by-rev:movie']!.data;
    const folder = join(prefix, parts[0]!, '../..');
    await chmod(folder, 0o555);
    await chmod(join(prefix, '..'), 0o755);
    const uid = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    if (uid.uid !== undefined) await chown(prefix, uid.uid, uid.uid);
    const outcome = await gsRepartition(['--input-prefix', prefix], uid);
    await chmod(folder, 0o755);
    expect(outcome.code).toBe(1);
    const status = JSON.parse(await readFile(join(prefix, 'repartition_status.json'), 'utf8')) as object;
    expect(status).toMatchObject({ status: 'failed', error: { code: 'access' } });
    expect(existsSync(join(prefix, 'updated_row_counts_metadata.json'))).toBe(false);
  });

  test('a second file of the same name as the prefix is no prefix', async () => {
    const prefix = await copyFixture('movies');
    const file = join(prefix, 'metadata.json');
    const outcome = await gsRepartition(['--input-prefix', file]);
    expect([outcome.code, errorLines(outcome).length]).toEqual([1, 1]);
  });
});

describe('a run that is stopped', () => {
  const temporary = async (prefix: string): Promise<string[]> =>
    (await readdir(prefix, { recursive: true })).filter((path) => path.endsWith('.tmp'));

  test('by Ctrl-C cleans up, says how to resume, and resumes', async () => {
    const prefix = await copyFixture('movies');
    const stopped = await gsRepartition(
      ['--input-prefix', prefix, '--log-level', 'DEBUG', '--concurrency', '1'],
      {
        onStderr: (text, child) => {
          if ((text.match(/spliced /g) ?? []).length >= 3 && !child.killed) child.kill('SIGINT');
        },
      },
    );
    expect(stopped.code).toBe(130);
    expect(await temporary(prefix)).toEqual([]);
    expect(existsSync(join(prefix, 'updated_row_counts_metadata.json'))).toBe(false);
    const status = JSON.parse(await readFile(join(prefix, 'repartition_status.json'), 'utf8')) as object;
    expect(status).toMatchObject({
      status: 'failed',
      command: `gs-repartition --input-prefix ${prefix}`,
      error: { code: 'interrupted' },
    });

    const resumed = await gsRepartition(['--input-prefix', prefix, '--json']);
    expect(resumed.code).toBe(0);
    const { parts } = JSON.parse(resumed.stdout) as { parts: { resumed: number; spliced: number } };
    expect(parts.resumed).toBeGreaterThanOrEqual(3);
    expect(parts.spliced).toBeGreaterThan(0);
  });

  test('by kill -9 publishes nothing, and resumes to the same bytes', async () => {
    const prefix = await copyFixture('movies');
    await gsRepartition(['--input-prefix', prefix, '--log-level', 'DEBUG'], {
      onStderr: (text, child) => {
        if ((text.match(/spliced /g) ?? []).length >= 5) child.kill('SIGKILL');
      },
    });
    expect(existsSync(join(prefix, 'updated_row_counts_metadata.json'))).toBe(false);
    expect((await gsRepartition(['--input-prefix', prefix])).code).toBe(0);

    const fresh = await copyFixture('movies');
    await mkdir(fresh, { recursive: true });
    expect((await gsRepartition(['--input-prefix', fresh])).code).toBe(0);
    // Names carry the inputs' mtimes, which differ between the copies: compare what the parts hold.
    const sums = async (of: string): Promise<string[]> =>
      [...(await checksums(of))]
        .flatMap(([path, sum]) => (/parquet-repartitioned.*parquet$/.test(path) ? [sum] : []))
        .sort();
    expect(await sums(prefix)).toEqual(await sums(fresh));
  });
});
