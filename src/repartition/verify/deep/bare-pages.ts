/**
 * Pages of lists taken apart into their levels and their values, which then are pages of a column without lists.
 *
 *     list   header V1 │ compress( [len|repetition] [len|definition] values )
 *     list   header V2 │ repetition │ definition │ compress( values )
 *     bare   header V2 │ values                                                  as they lay, compressed or not
 */
import { CodecError, type PageCodec } from '../../../parquet/codec.js';
import {
  DataPageHeader,
  DataPageHeaderV2,
  Encoding,
  PageHeader,
  PageType,
  Repetition,
  SchemaElement,
} from '../../../parquet/format.js';
import type { Leaf } from '../../../parquet/schema.js';
import { make } from '../../../parquet/thrift.js';
import { writeStruct } from '../../../parquet/thrift-writer.js';
import type { Column } from './columns.js';
import type { Page } from './pages.js';

export interface BarePages {
  /** What tells the levels of these pages from others, byte for byte. */
  levels: string;
  /** Header, body, header, body. */
  pages: Uint8Array[];
}

/** @returns undefined where levels cannot be told from values: then the reader says what is wrong with them */
export function barePages(pages: readonly Page[], leaf: Leaf, codec: PageCodec): BarePages | undefined {
  const levels = [`up to ${leaf.maxRepetition} and ${leaf.maxDefinition}: `];
  const bare: Uint8Array[] = [];
  for (const page of pages) {
    const parts = page.head.type === PageType.dataPageV2 ? partsOfV2(page) : partsOfV1(page, codec);
    if (!parts) return undefined;
    const { numValues } = page.head;
    levels.push(`${page.head.type} ${numValues} ${parts.levels.length}:`, latin1(parts.levels));
    bare.push(headerOf(parts, numValues), parts.values);
  }
  return { levels: levels.join(''), pages: bare };
}

/** The column with its values alone, all of them there. */
export function bareColumn(column: Column): Column {
  const element = column.elements.at(-1)!.clone();
  return {
    ...column,
    elements: [element.set(SchemaElement.repetitionType, Repetition.required)],
    leaves: column.leaves.map(bareLeaf),
    shape: 'flat',
  };
}

export function bareLeaf(leaf: Leaf): Leaf {
  return { ...leaf, maxDefinition: 0, maxRepetition: 0 };
}

interface Parts {
  levels: Uint8Array;
  values: Uint8Array;
  encoding: number;
  isCompressed: boolean;
  /** Of the values, decompressed. */
  size: number;
}

function partsOfV1({ head, bytes }: Page, codec: PageCodec): Parts | undefined {
  const header = head.struct.require(PageHeader.dataPageHeader);
  const encodings = [DataPageHeader.repetitionLevelEncoding, DataPageHeader.definitionLevelEncoding];
  if (encodings.some((field) => header.require(field) !== Encoding.rle)) return undefined;
  const body = decompressed(bytes.subarray(head.size), head.uncompressedSize, codec);
  if (!body) return undefined;
  const repetition = endOfBlock(body, 0);
  const end = endOfBlock(body, repetition);
  if (end > body.length) return undefined;
  const values = body.subarray(end);
  const encoding = header.require(DataPageHeader.encoding);
  return { levels: body.subarray(0, end), values, encoding, isCompressed: false, size: values.length };
}

/** Of a block of levels: a length of 4 bytes, and as many. */
function endOfBlock(body: Uint8Array, at: number): number {
  if (at + 4 > body.length) return Infinity;
  return at + 4 + new DataView(body.buffer, body.byteOffset).getUint32(at, true);
}

function decompressed(body: Uint8Array, size: number, codec: PageCodec): Uint8Array | undefined {
  try {
    return codec.decompress(body, size);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

function partsOfV2({ head, bytes }: Page): Parts | undefined {
  const header = head.struct.require(PageHeader.dataPageHeaderV2);
  const [repetition, definition] = [
    header.require(DataPageHeaderV2.repetitionLevelsByteLength),
    header.require(DataPageHeaderV2.definitionLevelsByteLength),
  ];
  const body = bytes.subarray(head.size);
  const end = repetition + definition;
  if (repetition < 0 || definition < 0 || end > body.length || end > head.uncompressedSize) return undefined;
  return {
    // Where the one ends and the other begins is part of what they say.
    levels: Buffer.concat([Buffer.from(`${repetition}|`), body.subarray(0, end)]),
    values: body.subarray(end),
    encoding: header.require(DataPageHeaderV2.encoding),
    isCompressed: header.get(DataPageHeaderV2.isCompressed) ?? true,
    size: head.uncompressedSize - end,
  };
}

function headerOf({ values, encoding, isCompressed, size }: Parts, numValues: number): Uint8Array {
  const header = make(PageHeader, {
    type: PageType.dataPageV2,
    uncompressedPageSize: size,
    compressedPageSize: values.length,
  });
  header.set(
    PageHeader.dataPageHeaderV2,
    make(DataPageHeaderV2, {
      numValues,
      numNulls: 0,
      numRows: numValues,
      encoding,
      definitionLevelsByteLength: 0,
      repetitionLevelsByteLength: 0,
      isCompressed,
    }),
  );
  return writeStruct(header);
}

function latin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1');
}
