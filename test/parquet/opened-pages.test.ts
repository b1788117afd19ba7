/** A page that is opened adds up, or is refused by file, column and byte: damage is never made valid. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromBytes, rewriteRows } from 'gs-repartition/parquet';
import { footerBytes } from '../../src/parquet/footer.js';
import {
  Codec,
  ColumnChunk,
  ColumnMetaData,
  Encoding,
  FileMetaData,
  RowGroup,
  SchemaElement,
} from '../../src/parquet/format.js';
import { habitsOf } from '../../src/parquet/habits.js';
import { openValues } from '../../src/parquet/values.js';
import { openFiles } from './files.js';
import type { Cell } from '../support/canonical.js';
import type { ColumnSpec, FileSpec } from '../support/file-spec.js';
import { type Page, readPages } from '../support/pages.js';
import * as pyarrow from '../support/pyarrow.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-opened-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ROWS = 60;
const numbers: Cell[] = Array.from({ length: ROWS }, (_, i) => String((i * i) % 11));
const lists: Cell[] = Array.from({ length: ROWS }, (_, i) => [String(i), String(i + 1)]);

/** Three pages of 20 rows. */
const specOf = (column: ColumnSpec, options: FileSpec['options']): FileSpec => ({
  columns: [column],
  options: {
    compression: 'none',
    use_dictionary: false,
    max_rows_per_page: 20,
    write_batch_size: 1,
    ...options,
  },
});
const flat = (options: FileSpec['options']): FileSpec =>
  specOf({ name: 'x', type: 'int64', nullable: false, cells: numbers }, options);
const nested = (options: FileSpec['options']): FileSpec =>
  specOf({ name: 'x', type: { list: 'int64' }, cells: lists }, options);

/** Writes a file and changes bytes of one of its pages. */
async function damaged(
  spec: FileSpec,
  change: (body: Uint8Array, page: Page, file: Uint8Array) => void,
  of: (page: Page) => boolean = ({ kind }) => kind !== 'dictionary',
): Promise<Uint8Array> {
  const path = join(folder, 'in.parquet');
  await pyarrow.write(path, spec);
  const page = (await readPages(path)).groups[0]!.chunks[0]!.pages.find(of)!;
  const bytes = new Uint8Array(await readFile(path));
  const start = page.offset + page.headerBytes;
  change(bytes.subarray(start, start + page.bodyBytes), page, bytes);
  return bytes;
}

/** What both ways of rewriting say of a cut through the first page. */
async function refusals(bytes: Uint8Array): Promise<string[]> {
  const file = fromBytes('in.parquet', bytes);
  const slice = { source: 0, from: 5, to: ROWS - 5 };
  const many = Array.from({ length: 20 }, () => slice);
  const messages: string[] = [];
  for (const slices of [[slice], many] as [typeof slice, ...(typeof slice)[]][]) {
    try {
      const { bytes: made } = await rewriteRows([file], slices);
      for await (const chunk of made) expect(chunk).toBeDefined();
      messages.push('nothing');
    } catch (error) {
      messages.push((error as Error).message);
    }
  }
  return messages;
}

async function expectRefused(bytes: Uint8Array, message: string): Promise<void> {
  for (const said of await refusals(bytes)) {
    expect(said).toMatch(/^in\.parquet: column x\S*, page at byte \d+: /);
    expect(said).toContain(message);
  }
}

describe('a checksum that does not match is refused', () => {
  test.each(['1.0', '2.0'] as const)('in pages of version %s', async (version) => {
    const options = { write_page_checksum: true, data_page_version: version };
    const bytes = await damaged(flat(options), (body) => (body[3] = 1));
    await expectRefused(bytes, 'the checksum does not match');
  });

  test('in a dictionary page that is read', async () => {
    const options = { write_page_checksum: true, use_dictionary: true };
    const spec = flat(options);
    const bytes = await damaged(
      spec,
      (body) => (body[3] = 1),
      ({ kind }) => kind === 'dictionary',
    );
    // A splice copies it unread, with the checksum that gives it away.
    const [spliced, reencoded] = await refusals(bytes);
    expect(spliced).toBe('nothing');
    expect(reencoded).toContain('the checksum does not match');
  });

  test('and none is asked for', async () => {
    expect(await refusals(await damaged(flat({}), (body) => (body[3] = 1)))).toEqual(['nothing', 'nothing']);
  });
});

/** Where the repetition levels of lists of two begin, behind the header of their only run; in V1 pages behind its length. */
const LEVELS = { '1.0': 5, '2.0': 1 } as const;

/** The second value of a page begins a row instead of going on with the first. */
function aRowMore(version: keyof typeof LEVELS): (body: Uint8Array) => void {
  return (body) => {
    expect(body[LEVELS[version]]).toBe(0b10101010);
    body[LEVELS[version]] = 0b10101000;
  };
}

describe('levels of other rows than', () => {
  test('the header of a V2 page says are refused', async () => {
    const bytes = await damaged(nested({ data_page_version: '2.0' }), aRowMore('2.0'));
    await expectRefused(bytes, 'levels of 21 rows where the header says 20');
  });

  test('also of a page that is copied, if they are in hand', async () => {
    const second = ({ kind, firstRow }: Page): boolean => kind === 'data V2' && firstRow === 20;
    const bytes = await damaged(nested({ data_page_version: '2.0' }), aRowMore('2.0'), second);
    await expectRefused(bytes, 'levels of 21 rows where the header says 20');
  });

  test('the offset index says are refused', async () => {
    const options = { data_page_version: '1.0', write_page_index: true } as const;
    await expectRefused(await damaged(nested(options), aRowMore('1.0')), 'levels of 21 rows where 20 belong');
  });

  test('a first level that goes on with a row that none began are refused', async () => {
    const bytes = await damaged(nested({ data_page_version: '1.0' }), (body) => {
      expect(body[LEVELS['1.0']]).toBe(0b10101010);
      body[LEVELS['1.0']] = 0b10101001;
    });
    await expectRefused(bytes, 'it goes on with a row where one must begin');
  });
});

describe('a first value that continues a row which none began is refused', () => {
  /** The first two levels change places: the rows stay as many. */
  function swapped(version: keyof typeof LEVELS, at = 0): (body: Uint8Array) => void {
    return (body) => {
      expect(body[at + LEVELS[version]]).toBe(0b10101010);
      body[at + LEVELS[version]] = 0b10101001;
    };
  }
  const whole = async (bytes: Uint8Array): Promise<string> => {
    try {
      await rewriteRows([fromBytes('in.parquet', bytes)], [{ source: 0, from: 0, to: ROWS }]);
      return 'nothing';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const MESSAGE = /^in\.parquet: column x\S*, page at byte \d+: it goes on with a row where one must begin$/;

  test.each([
    ['1.0', 'none', false],
    ['1.0', 'none', true],
    ['2.0', 'none', false],
    ['2.0', 'none', true],
    ['2.0', 'snappy', false],
    ['2.0', 'zstd', true],
  ] as const)(
    'in a chunk that is copied whole (%s, %s, dictionary: %s)',
    async (version, codec, dictionary) => {
      const options = { data_page_version: version, compression: codec, use_dictionary: dictionary };
      expect(await whole(await damaged(nested(options), () => undefined))).toBe('nothing');
      expect(await whole(await damaged(nested(options), swapped(version)))).toMatch(MESSAGE);
    },
  );

  test('in a chunk that is copied whole and whose pages are compressed with their levels', async () => {
    // One literal: tag and length in two bytes each.
    const options = { data_page_version: '1.0', compression: 'snappy' } as const;
    expect(await whole(await damaged(nested(options), swapped('1.0', 3)))).toMatch(MESSAGE);
  });

  test('in a first page that is copied though its chunk is cut', async () => {
    const file = fromBytes('in.parquet', await damaged(nested({ data_page_version: '1.0' }), swapped('1.0')));
    await expect(rewriteRows([file], [{ source: 0, from: 0, to: 30 }])).rejects.toThrow(MESSAGE);
  });

  test('but not in one of a codec that nobody here can unpack: it is copied unseen', async () => {
    const path = join(folder, 'in.parquet');
    await damaged(nested({ data_page_version: '1.0' }), () => undefined);
    const bytes = await readFile(path);
    const { footer } = await openFiles([path])(0);
    const chunk = footer.meta.require(FileMetaData.rowGroups)[0]!.require(RowGroup.columns)[0]!;
    chunk.require(ColumnChunk.metaData).set(ColumnMetaData.codec, Codec.lzo);
    expect(await whole(Buffer.concat([bytes.subarray(0, footer.start), footerBytes(footer.meta)]))).toBe(
      'nothing',
    );
  });
});

describe('values other than', () => {
  test('the entries of the dictionary are refused', async () => {
    const bytes = await damaged(flat({ use_dictionary: true }), (body) => {
      // Six entries, by indices of three bits behind their width and a run's header.
      expect(body[0]).toBe(3);
      body[2] = 0xff;
    });
    await expectRefused(bytes, 'a 7 where nothing above 5 belongs');
  });

  test('levels claim are refused', async () => {
    const spec = flat({});
    spec.columns[0]!.nullable = true;
    const bytes = await damaged(spec, (body) => {
      // One RLE run of ones, of 20 levels, becomes a run of zeros: a page of nulls that holds 20 values.
      expect([...body.subarray(0, 6)]).toEqual([2, 0, 0, 0, 40, 1]);
      body[5] = 0;
    });
    await expectRefused(bytes, '160 bytes are left over behind the last value');
  });
});

describe('a chunk without an index', () => {
  test('whose pages begin more rows than its row group has is refused', async () => {
    const last = ({ kind, firstRow }: Page): boolean => kind === 'data V1' && firstRow === 40;
    const bytes = await damaged(nested({ data_page_version: '1.0' }), aRowMore('1.0'), last);
    for (const said of await refusals(bytes)) {
      expect(said).toContain('holds 61 rows where its row group has 60');
    }
  });

  test('a page of indices that lacks even their width is refused', () => {
    const values = { entries: 4, habits: habitsOf() };
    const leaf = { path: 'x', type: 2, typeLength: 0, maxDefinition: 0, maxRepetition: 0 };
    expect(() => openValues(leaf, Encoding.rleDictionary, new Uint8Array(0), 2, values)).toThrow(
      'the page ends before its values do',
    );
  });

  test('whose pages are of another type than the schema says is refused', async () => {
    const path = join(folder, 'in.parquet');
    await pyarrow.write(path, flat({}));
    const bytes = await readFile(path);
    const { footer } = await openFiles([path])(0);
    footer.meta.require(FileMetaData.schema)[1]!.set(SchemaElement.type, 5);
    const changed = Buffer.concat([bytes.subarray(0, footer.start), footerBytes(footer.meta)]);
    for (const said of await refusals(changed)) {
      expect(said).toContain('column x is of type double, its pages of int64');
    }
  });
});
