/** fast-check arbitraries of data sets and of the layouts they are to be given. */
import fc from './properties.js';
import type { DataSetSpec, GeneratedColumn, LeafType, Writer } from './data-set.js';

/** A data set and a layout of the same rows. Shrinks towards few, small parts, one plain column, pyarrow's defaults. */
export interface AlignmentCase {
  dataSet: DataSetSpec;
  layout: number[];
}

export function alignmentCase(): fc.Arbitrary<AlignmentCase> {
  return fc
    .tuple(dataSetSpec(), fc.array(fc.nat(1_000_000), { maxLength: 7 }))
    .map(([dataSet, cuts]) => ({ dataSet, layout: layoutFromCuts(dataSet.parts, cuts) }));
}

/** Cuts fall anywhere, or (every third) on a part's boundary; equal cuts make parts without rows. */
function layoutFromCuts(parts: readonly number[], cuts: readonly number[]): number[] {
  const rows = parts.reduce((sum, part) => sum + part, 0);
  const ends = parts.map((_, i) => parts.slice(0, i + 1).reduce((sum, part) => sum + part, 0));
  const places = cuts.map((cut) => (cut % 3 === 0 ? ends[cut % ends.length]! : cut % (rows + 1)));
  const bounds = [0, ...places.sort((a, b) => a - b), rows];
  return bounds.slice(1).map((end, i) => end - bounds[i]!);
}

/** 1 to 3 columns, 1 to 6 parts of up to some hundred rows, pages of a few dozen values. */
export function dataSetSpec(): fc.Arbitrary<DataSetSpec> {
  return writer.chain((chosen) =>
    fc.record({
      seed: fc.nat(0xffff),
      columns: columns(chosen),
      parts: fc.array(partRows, { minLength: 1, maxLength: 6 }),
      rowGroupRows: fc.constantFrom(1_000_000, 100, 64, 17),
      emptyRowGroup: fc.boolean(),
      keys: fc.constantFrom<Record<string, string>[]>({}, { shape: '(1,)' }, { 'a key': 'a value, é' }),
      writer: fc.constant(chosen),
    }),
  );
}

const partRows = fc.oneof(
  { weight: 4, arbitrary: fc.nat(150) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1) },
  { weight: 1, arbitrary: fc.integer({ min: 150, max: 500 }) },
);

const LEAVES: LeafType[] = ['int64', 'int32', 'float', 'double', 'bool', 'string', 'binary'];

/**
 * What a writer cannot do. DuckDB makes one of all NaNs and of both zeros in a dictionary, and its V2 files can have INT32
 * deltas of 33 bits, which nobody else reads.
 */
const LEFT_OUT: Partial<Record<Writer['kind'], LeafType[]>> = {
  straddling: ['bool'],
  duckdb: ['float', 'double', 'int32'],
};

function columns(chosen: Writer): fc.Arbitrary<GeneratedColumn[]> {
  const straddling = chosen.kind === 'straddling';
  const leaves = LEAVES.filter((type) => !LEFT_OUT[chosen.kind]?.includes(type));
  const required = straddling ? fc.constant(true) : fc.boolean();
  const share = fc.constantFrom(0, 10, 50, 100);
  const column = fc.record({
    type: fc.constantFrom(...leaves),
    list: fc.boolean(),
    nullable: required,
    nullableElements: required,
    nulls: share,
    nullElements: share,
    emptyLists: fc.constantFrom(0, 20, 100),
    maxListLength: fc.constantFrom(1, 4, 40),
    distinct: fc.constantFrom(1, 3, 12, 1000),
    sorted: fc.boolean(),
  });
  return fc
    .array(column, { minLength: 1, maxLength: 3 })
    .map((some) =>
      some.map((one, i) => ({ ...one, name: ['src_int_id', 'dst_int_id', 'a "third" column'][i]! })),
    );
}

const pyarrowWriter: fc.Arbitrary<Writer> = fc.record({
  kind: fc.constant('pyarrow' as const),
  options: fc.record({
    compression: fc.constantFrom('snappy', 'none', 'gzip', 'zstd'),
    data_page_version: fc.constantFrom('1.0', '2.0'),
    // Sizes below an encoder's own overhead make pyarrow begin with a page without values, and its reader ends there.
    data_page_size: fc.constantFrom(1_000_000, 512, 200, 100),
    write_batch_size: fc.constantFrom(1024, 64, 11, 3),
    use_dictionary: fc.boolean(),
    dictionary_pagesize_limit: fc.constantFrom(1_000_000, 200, 40),
    write_page_index: fc.boolean(),
    write_statistics: fc.boolean(),
    write_page_checksum: fc.boolean(),
    use_compliant_nested_type: fc.boolean(),
    store_schema: fc.boolean(),
  }),
});

const wasmWriter: fc.Arbitrary<Writer> = fc.record({
  kind: fc.constant('parquet-wasm' as const),
  options: fc.record({
    compression: fc.constantFrom('snappy', 'none', 'gzip', 'zstd'),
    dataPageVersion: fc.constantFrom(1, 2),
    dataPageSize: fc.constantFrom(1_000_000, 512, 100),
    writeBatchSize: fc.constantFrom(1024, 64, 11, 3),
    dictionary: fc.boolean(),
    dictionaryPageSize: fc.constantFrom(1_000_000, 200, 40),
    statistics: fc.constantFrom('page', 'chunk', 'none'),
  }),
});

const duckdbWriter: fc.Arbitrary<Writer> = fc
  .tuple(
    fc.constantFrom('snappy', 'uncompressed', 'gzip', 'zstd'),
    fc.constantFrom('v1', 'v2'),
    fc.constantFrom(1000, 1),
  )
  .map(([codec, version, dictionary]) => ({
    kind: 'duckdb' as const,
    options: [`compression ${codec}`, `parquet_version ${version}`, `dictionary_size_limit ${dictionary}`],
  }));

const straddlingWriter: fc.Arbitrary<Writer> = fc.record({
  kind: fc.constant('straddling' as const),
  options: fc.record({
    levelsPerPage: fc.constantFrom(50, 13, 5, 1),
    dictionary: fc.boolean(),
    compression: fc.constantFrom('snappy', 'none'),
    dictionaryPageOffset: fc.boolean(),
    statistics: fc.constantFrom('none', 'deprecated'),
  }),
});

const writer: fc.Arbitrary<Writer> = fc.oneof(
  { weight: 6, arbitrary: pyarrowWriter },
  { weight: 2, arbitrary: wasmWriter },
  { weight: 1, arbitrary: duckdbWriter },
  { weight: 2, arbitrary: straddlingWriter },
);
