import type { Footer } from '../../parquet/footer.js';
import { nameOf, PhysicalType } from '../../parquet/format.js';
import type { ColumnFacts } from './model.js';
import { inWords, type ReadableFooter } from './readable.js';

/** The leaves of a footer's schema, in its order. */
export function columnFacts(footer: Footer): ColumnFacts[] {
  const elements = inWords(footer)?.schema.filter(({ type }) => type !== undefined);
  return footer.leaves.map(({ path, type, typeLength, maxDefinition, maxRepetition }, i) => {
    const meaning = elements?.[i] && meaningOf(elements[i]);
    return {
      path,
      type: typeLength > 0 ? `FIXED_LEN_BYTE_ARRAY(${typeLength})` : parquetName(type),
      ...(meaning !== undefined && { logicalType: meaning }),
      // Each repeated group has a level of its own, for the list that is empty.
      nullable: maxDefinition > maxRepetition,
      repeated: maxRepetition > 0,
    };
  });
}

function meaningOf({
  logical_type: logical,
  converted_type: converted,
  precision,
  scale,
}: ReadableFooter['schema'][number]): string | undefined {
  switch (logical?.type) {
    case 'DECIMAL':
      return `DECIMAL(${logical.precision}, ${logical.scale})`;
    case 'TIME':
    case 'TIMESTAMP':
      return `${logical.type}(${logical.unit}${logical.isAdjustedToUTC ? ', UTC' : ''})`;
    case 'INTEGER':
      return `${logical.isSigned ? 'INT' : 'UINT'}_${logical.bitWidth}`;
    case undefined:
      return converted === 'DECIMAL' ? `DECIMAL(${precision ?? 0}, ${scale ?? 0})` : converted;
    default:
      return logical?.type;
  }
}

/** `int64` as `INT64`, `byteArray` as `BYTE_ARRAY`. */
function parquetName(type: number): string {
  return nameOf(PhysicalType, type)
    .replace(/(?=[A-Z])/g, '_')
    .toUpperCase();
}
