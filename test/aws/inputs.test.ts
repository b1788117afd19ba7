/** What decides whether a file is under the input prefix already, and whether its configuration's tables are. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checksumDigest, digestsOf, etagDigest } from '../../src/aws/inputs/digests.js';
import { partSizeFor, partSizesBehind } from '../../src/aws/inputs/part-size.js';
import { missingTables, tablesOf } from '../../src/aws/inputs/tables.js';

const MIB = 1024 ** 2;

describe('digests of a file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gs-digests-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are S3’s: known values, also of parts whose ends lie inside a block', async () => {
    const file = join(folder, 'table.csv');
    writeFileSync(file, 'The quick brown fox jumps over the lazy dog');
    const digests = [
      etagDigest(Infinity),
      etagDigest(20),
      etagDigest(43),
      checksumDigest('crc32'),
      checksumDigest('sha1'),
      checksumDigest('sha256'),
    ];
    expect(await digestsOf(file, digests)).toEqual([
      '9e107d9d372bb6826bd81d3542a419d6',
      // printf … | split -b 20, md5sum of each in binary, and md5sum of them all.
      '144421168af605ef2b98bc84b0351d0c-3',
      // As many bytes as a part has are one part.
      expect.stringMatching(/^[0-9a-f]{32}-1$/),
      'QU+jOQ==',
      'L9ThxnotKPzthJ7hu3bnORuT6xI=',
      '16j7swfXgJRpypq8sAguT41WUeRtPNt2LQLQvzfJ5ZI=',
    ]);
  });

  it('of a file without bytes', async () => {
    const file = join(folder, 'empty');
    writeFileSync(file, '');
    expect(await digestsOf(file, [etagDigest(Infinity)])).toEqual(['d41d8cd98f00b204e9800998ecf8427e']);
  });
});

describe('parts', () => {
  it.each([
    [0, 8],
    [4096, 8],
    [4097, 16],
    [8192, 16],
    [8193, 32],
    [320_000, 32],
    [320_001, 64],
  ])('of a file of %i MiB have %i MiB: few parts, and never more than ten thousand', (size, expected) => {
    expect(partSizeFor(size * MIB)).toBe(expected * MIB);
  });

  const md5 = 'a'.repeat(32);
  it.each([
    ['one piece', md5, 3, [Infinity]],
    ['ours and the AWS command line’s', `${md5}-3`, 17 * MIB, [8 * MIB]],
    ['the AWS command line’s, of a very large file', `${md5}-768`, 6144 * MIB, [8 * MIB]],
    ['ours, of a very large file', `${md5}-384`, 6144 * MIB, [16 * MIB]],
    ['of 5 MiB', `${md5}-4`, 17 * MIB, [5 * MIB]],
    ['of a size that nobody makes', `${md5}-17`, 17 * MIB, []],
    ['no MD5', 'abc', 3, []],
  ])('are told by an ETag: %s', (_name, etag, size, expected) => {
    expect(partSizesBehind(etag, size)).toEqual(expected);
  });
});

describe('the tables that a configuration names', () => {
  it('of GConstruct and of GSProcessing, each once', () => {
    const gconstruct = {
      version: 'gconstruct-v0.1',
      nodes: [
        {
          node_type: 'movie',
          files: ['./nodes/movie.csv'],
          labels: [{ custom_split_filenames: { train: 'train.json', valid: ['valid.json'] } }],
        },
      ],
      edges: [{ relation: ['user', 'rated', 'movie'], files: 'edges/*.parquet' }],
    };
    expect(tablesOf(gconstruct)).toEqual([
      './nodes/movie.csv',
      'train.json',
      'valid.json',
      'edges/*.parquet',
    ]);
    const gsprocessing = {
      version: 'gsprocessing-v1.0',
      graph: {
        nodes: [{ data: { format: 'csv', files: ['nodes/movie.csv'] } }],
        edges: [{ data: { format: 'csv', files: ['nodes/movie.csv', 'edges/rated'] } }],
      },
    };
    expect(tablesOf(gsprocessing)).toEqual(['nodes/movie.csv', 'edges/rated']);
    expect(tablesOf({})).toEqual([]);
    expect(tablesOf(null)).toEqual([]);
  });

  it('are there as files, as folders, and as what wildcards stand for', () => {
    const paths = new Set(['nodes/movie.csv', 'edges/rated/part-0.csv', 'a+b.csv']);
    const there = ['./nodes/movie.csv', 'edges/rated/', 'nodes/*.csv', 'edges/rat?d', 'a+b.csv', 'nodes'];
    expect(missingTables(there, paths)).toEqual([]);
    const missing = ['movie.csv', 'nodes/m', 'edges/*.csv', 'nodes/movie_csv', 'aab.csv'];
    expect(missingTables(missing, paths)).toEqual(missing);
    expect(missingTables(['s3://other/table.csv', '/mnt/table.csv'], paths)).toEqual([]);
  });
});
