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
import { MOST_SIZE } from './excerpt-room.js';
import type { PageLevels } from './known-levels.js';
import type { Page } from './pages.js';

/** A page, taken apart. */
export interface BarePage {
  levels: PageLevels;
  /** Of the page with the values alone. */
  header: Uint8Array;
  /** Good as long as the page, or until the next is taken apart. */
  values: Uint8Array;
}

/** Takes pages apart, one after the other. */
export class BarePages {
  /** What was decompressed last, unless it is larger than usual. */
  private readonly room = new Uint8Array(MOST_SIZE);

  /** @returns undefined where levels cannot be told from values: then the reader says what is wrong with them */
  of(page: Page, { maxRepetition, maxDefinition }: Leaf, codec: PageCodec): BarePage | undefined {
    const { type, numValues } = page.head;
    const parts = type === PageType.dataPageV2 ? partsOfV2(page) : this.partsOfV1(page, codec);
    if (!parts) return undefined;
    // Where the repetition levels end and the others begin is part of what they say.
    const as = `${type} ${maxRepetition} ${maxDefinition} ${parts.repetitionBytes}`;
    const levels = { bytes: parts.levels, as, count: numValues };
    return { levels, header: headerOf(parts, numValues), values: parts.values };
  }

  private partsOfV1({ head, bytes }: Page, codec: PageCodec): Parts | undefined {
    const header = head.struct.require(PageHeader.dataPageHeader);
    const encodings = [DataPageHeader.repetitionLevelEncoding, DataPageHeader.definitionLevelEncoding];
    if (encodings.some((field) => header.require(field) !== Encoding.rle)) return undefined;
    const body = this.decompressed(bytes.subarray(head.size), head.uncompressedSize, codec);
    if (!body) return undefined;
    const repetitionBytes = endOfBlock(body, 0);
    const end = endOfBlock(body, repetitionBytes);
    if (end > body.length) return undefined;
    const values = body.subarray(end);
    const encoding = header.require(DataPageHeader.encoding);
    const levels = body.subarray(0, end);
    return { levels, repetitionBytes, values, encoding, isCompressed: false, size: values.length };
  }

  private decompressed(body: Uint8Array, size: number, codec: PageCodec): Uint8Array | undefined {
    const room = size <= this.room.length ? this.room.subarray(0, size) : undefined;
    try {
      return codec.decompress(body, size, room);
    } catch (error) {
      if (error instanceof CodecError) return undefined;
      throw error;
    }
  }
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
  /** Of the repetition levels, which are the first. */
  repetitionBytes: number;
  values: Uint8Array;
  encoding: number;
  isCompressed: boolean;
  /** Of the values, decompressed. */
  size: number;
}

/** Of a block of levels: a length of 4 bytes, and as many. */
function endOfBlock(body: Uint8Array, at: number): number {
  if (at + 4 > body.length) return Infinity;
  return at + 4 + new DataView(body.buffer, body.byteOffset).getUint32(at, true);
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
    levels: body.subarray(0, end),
    repetitionBytes: repetition,
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
