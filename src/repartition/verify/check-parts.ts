/** What is wrong with a data set whatever the others are. */
import { isMask, type GraphMetadata } from '../../metadata/index.js';
import type { DataSet } from '../../metadata/model.js';
import { PhysicalType } from '../../parquet/format.js';
import { schemaDifference } from '../../parquet/same-schema.js';
import { shapeChange } from '../prepare/shape.js';
import { widthsOf } from '../prepare/vector-width.js';
import type { Columns } from './columns.js';
import { isRead, type LookedDataSet, type PartFooter } from './facts.js';
import { countOf, type Finding, placeOf, someOf, violation, warning } from './finding.js';

/** `structure`: two columns of ids; `feature`: neither label nor mask. */
export type Role = 'structure' | 'label' | 'mask' | 'feature';

export function roleOf(metadata: GraphMetadata, { places, flat }: DataSet): Role {
  const [{ section, type, name }] = places;
  if (section === 'edges') return 'structure';
  if (!flat || name === undefined) return 'feature';
  return isMask(metadata, type, name) ? 'mask' : 'label';
}

export function checkDataSet(metadata: GraphMetadata, looked: LookedDataSet): Finding[] {
  const role = roleOf(metadata, looked.dataSet);
  return [
    ...checkEachPart(looked),
    ...checkEmptyParts(looked),
    ...checkShapes(looked),
    ...checkSchemas(looked),
    ...(role === 'structure' ? checkStructure(looked) : checkColumns(looked)),
    ...checkWidths(looked),
    ...checkNulls(looked, role),
  ];
}

/** The rows that all parts have, of those that could be read. */
export function rowsOf({ parts }: LookedDataSet): number {
  return parts.reduce((sum, part) => sum + (isRead(part) ? part.rows : 0), 0);
}

function checkEachPart({ dataSet, parts }: LookedDataSet): Finding[] {
  const place = placeOf(dataSet);
  return parts.flatMap((part, i) => {
    const where = { ...place, part: part.path };
    if (!isRead(part)) return [violation('unreadable', where, part.problem)];
    return [dataSet.rowCounts, dataSet.otherRowCounts].flatMap((counts) =>
      !counts || counts[i] === part.rows
        ? []
        : [violation('declared-rows', where, `has ${part.rows} rows, the metadata say ${counts[i]!}`)],
    );
  });
}

function checkEmptyParts(looked: LookedDataSet): Finding[] {
  const place = placeOf(looked.dataSet);
  const empty = looked.parts.filter((part) => isRead(part) && part.rows === 0);
  if (empty.length === 0) return [];
  // Of the whole data set, and nothing that an alignment could mend.
  if (rowsOf(looked) === 0 && looked.parts.every(isRead)) {
    return [violation('empty-part', place, 'has no rows at all, at which DistPartitioning stops')];
  }
  return empty.map(({ path }) =>
    violation('empty-part', { ...place, part: path }, 'has no rows, which DistPartitioning cannot stack'),
  );
}

function checkShapes({ dataSet, parts }: LookedDataSet): Finding[] {
  const place = placeOf(dataSet);
  const found: Finding[] = [];
  const needless: PartFooter[] = [];
  for (const part of parts) {
    if (!isRead(part)) continue;
    const where = { ...place, part: part.path };
    const change = shapeChange(dataSet, part);
    if (change !== undefined) {
      const message = `has the shape key ${part.shape ?? '(none)'} where ${change ?? '(none)'} belongs`;
      found.push(violation('shape', where, message));
    } else if (part.shape !== undefined && dimensions(part.shape) > 2) {
      const message = `has the shape key ${part.shape}: DistPartitioning takes one or two dimensions`;
      found.push(violation('shape', where, message));
    } else if (part.shape !== undefined && !dataSet.flat) needless.push(part);
  }
  const [first] = needless;
  if (first) {
    const message = `${countOf(needless.length, 'part')} of a feature with the shape key ${first.shape ?? ''}: only labels and masks have one`;
    found.push(warning('shape', place, message));
  }
  return found;
}

/** Of a shape that {@link shapeChange} takes for one. */
function dimensions(shape: string): number {
  return shape.split(',').filter((text) => /\d/.test(text)).length;
}

/** All parts are stacked, so all have one schema; where they don't, the odd ones are named. */
function checkSchemas({ dataSet, parts, schemas }: LookedDataSet): Finding[] {
  const place = placeOf(dataSet);
  const withRows = parts.filter((part): part is PartFooter => isRead(part) && part.rows > 0);
  const first = schemas[withRows[0]?.schema ?? 0];
  if (!first) return [];
  return schemas.flatMap((schema, number) => {
    const odd = withRows.filter((part) => part.schema === number);
    if (schema === first || odd.length === 0) return [];
    const types = schemaDifference(first.footer, schema.footer, 'types');
    const where = { ...place, part: odd[0]!.path };
    const more = odd.length > 1 ? ` (and ${countOf(odd.length - 1, 'other part')})` : '';
    if (types !== undefined) {
      return [violation('schema', where, `differs${more} from ${withRows[0]!.path} in column ${types}`)];
    }
    const column = schemaDifference(first.footer, schema.footer, 'all') ?? '';
    const message = `differs${more} from ${withRows[0]!.path} in whether column ${column} may be null`;
    return [warning('nullability', where, message)];
  });
}

const ENDS = ['src_int_id', 'dst_int_id'];

function checkStructure({ dataSet, schemas }: LookedDataSet): Finding[] {
  const place = placeOf(dataSet);
  return schemas.slice(0, 1).flatMap(({ leaves, columns }) => {
    const names = leaves.map(({ path }) => path);
    if (names.length !== 2 || !ENDS.every((name) => names.includes(name))) {
      const has = names.length === 0 ? 'none' : someOf(names);
      return [
        violation('structure', place, `must have the two columns src_int_id and dst_int_id, and has ${has}`),
      ];
    }
    const found = leaves
      .filter(({ type }) => type !== PhysicalType.int64)
      .map(({ path }) => violation('structure', place, `column ${path} is not of type INT64`));
    if (found.length > 0 || columns.kind !== 'objects') return found;
    return [violation('structure', place, `${columns.problem}, and no number of a node`)];
  });
}

function checkColumns({ dataSet, schemas }: LookedDataSet): Finding[] {
  return schemas.slice(0, 1).flatMap(({ columns }) => {
    if (columns.kind !== 'objects') return [];
    const message = `${columns.problem}, of which DistPartitioning makes no tensor`;
    return [violation('not-numeric', placeOf(dataSet), message)];
  });
}

function checkWidths({ dataSet, parts }: LookedDataSet): Finding[] {
  const place = placeOf(dataSet);
  const read = parts.filter(isRead);
  const [usual, ...others] = widthsOf(read).filter((width) => !Number.isNaN(width));
  const uneven = read.filter(({ width }) => Number.isNaN(width));
  const found = uneven.map(({ path }) =>
    violation('width', { ...place, part: path }, 'has vectors of different lengths'),
  );
  if (usual === undefined || others.length === 0) return found;
  const [first] = read.filter(({ width }) => width === usual);
  for (const { path, width } of read) {
    if (width === undefined || Number.isNaN(width) || width === usual) continue;
    const message = `has vectors of length ${width}, ${first!.path} of length ${usual}`;
    found.push(violation('width', { ...place, part: path }, message));
  }
  return found;
}

/** As far as the footers count them; a deep look counts them all. */
function checkNulls({ dataSet, parts, schemas }: LookedDataSet, role: Role): Finding[] {
  const withNulls = parts.filter((part): part is PartFooter => isRead(part) && (part.nulls ?? 0) > 0);
  const sum = withNulls.reduce((total, { nulls }) => total + nulls!, 0);
  return nullFindings({ dataSet, role, columns: schemas[0]?.columns }, sum, withNulls);
}

/** What nulls in a data set mean. */
export function nullFindings(
  { dataSet, role, columns }: { dataSet: DataSet; role: Role; columns: Columns | undefined },
  nulls: number,
  parts: readonly { path: string }[],
): Finding[] {
  const [first] = parts;
  if (nulls === 0 || !first) return [];
  const where = { ...placeOf(dataSet), ...(parts.length === 1 && { part: first.path }) };
  const many = `${countOf(nulls, 'null')}${parts.length > 1 ? ` in ${countOf(parts.length, 'part')}` : ''}`;
  if (columns?.kind === 'numbers' && columns.hasBooleans && role !== 'mask') {
    return [violation('nulls', where, `has ${many} among booleans, of which pandas makes objects`)];
  }
  if (columns?.kind !== 'vectors' && (role === 'label' || role === 'feature')) {
    const what = role === 'label' ? ': unlabelled' : '';
    const beside =
      columns?.kind === 'numbers' && columns.hasIntegers ? ', and integers beside them as doubles' : '';
    return [warning('nulls', where, `has ${many}${what}, which DistPartitioning reads as NaN${beside}`)];
  }
  const what = role === 'structure' ? 'an edge' : role === 'mask' ? 'a mask' : 'a vector';
  return [violation('nulls', where, `has ${many}: ${what} must have every value`)];
}
