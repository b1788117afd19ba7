/** A part's footer, reduced to what a plan, a check or a verification needs of it. */
import { crc32 } from 'node:zlib';
import pMap from 'p-map';
import { RepartitionError } from '../../errors.js';
import { type Footer, readFooter, TAIL_BYTES, visibleKey } from '../../parquet/footer.js';
import { rowGroupFacts } from '../../parquet/crumbs.js';
import type { Storage } from '../../storage/storage.js';
import type { PartFacts } from '../model.js';
import { partReader, type ReadOptions } from '../part-reader.js';
import { numberOf, type SchemaSample } from './schemas.js';
import { vectorWidth } from './vector-width.js';

/** Facts of a part that has not been compared with others. */
export type LoneFacts = Omit<PartFacts, 'schema'>;

export interface ReadPart {
  facts: LoneFacts;
  footer: Footer;
}

/** What was found in parts of one data set. Footers are alike within it: there is one for each schema. */
export interface ReadParts {
  /** In the order of the paths. */
  facts: LoneFacts[];
  /** By part, index into `schemas`. */
  schemaOf: number[];
  schemas: SchemaSample[];
}

/** Reads parts here or somewhere else. */
export interface PartReader {
  /** As {@link readPart}, for neighbours. */
  readonly read: (owner: string, paths: string[]) => Promise<ReadParts>;
  /** Parts to ask for together. */
  readonly perBatch: number;
  /** Batches to ask for side by side. */
  readonly atOnce: number;
}

/** A part that was asked for alone. */
export function alone({ facts, footer }: ReadPart): ReadParts {
  return { facts: [facts], schemaOf: [0], schemas: [{ path: facts.path, footer }] };
}

/**
 * Parts of one data set.
 * @param atOnce how many are read side by side
 * @throws RepartitionError of the first part that can't be read, as {@link readPart}
 */
export async function readParts(
  storage: Storage,
  owner: string,
  paths: readonly string[],
  { atOnce, ...options }: ReadOptions & { atOnce: number },
): Promise<ReadParts> {
  const schemas: SchemaSample[] = [];
  const schemaOf = new Array<number>(paths.length);
  const facts = await pMap(
    paths,
    async (path, i) => {
      const part = await readPart(storage, owner, path, options);
      schemaOf[i] = numberOf(schemas, { path, footer: part.footer });
      return part.facts;
    },
    { concurrency: atOnce },
  );
  return { facts, schemaOf, schemas };
}

/**
 * One read, or two where the footer is long.
 * @param owner the data set, for messages
 * @throws RepartitionError with path, data set and part, when the part is missing, no Parquet, damaged or unreadable
 */
export async function readPart(
  storage: Storage,
  owner: string,
  path: string,
  options: ReadOptions,
): Promise<ReadPart> {
  const read = async (into?: Uint8Array): Promise<ReadPart> => {
    const { stat, bytes } = await storage.readTail(path, TAIL_BYTES, { signal: options.signal, into });
    const footer = await readFooter(partReader(storage, stat, options, bytes));
    return { facts: factsOf(stat.path, stat, crc32(bytes), footer), footer };
  };
  try {
    // What a footer holds is its own: nothing of the bytes is needed any more.
    return await (options.tails?.lend(read) ?? read());
  } catch (error) {
    if (!(error instanceof RepartitionError) || error.code === 'interrupted') throw error;
    throw error.within({ operation: 'read', path: storage.describe(path), dataSet: owner, part: path });
  }
}

/**
 * What is wrong with a part that could not be read.
 * @throws the error when it is not about the part, but keeps us from looking
 */
export function problemOf(error: unknown): string {
  if (error instanceof RepartitionError && (error.code === 'not-found' || error.code === 'parquet')) {
    return error.message;
  }
  throw error;
}

function factsOf(
  path: string,
  { size, version }: { size: number; version: string },
  tail: number,
  footer: Footer,
): LoneFacts {
  const rowGroups = rowGroupFacts(footer);
  const shape = visibleKey(footer, 'shape');
  const width = vectorWidth(footer);
  return {
    path,
    size,
    version,
    tail,
    rows: footer.rows,
    bytes: rowGroups.reduce((sum, { bytes }) => sum + bytes, 0),
    // Most parts have one, which the sums describe.
    ...(rowGroups.length > 1 && { rowGroups }),
    scalarColumn: footer.scalarColumn,
    columns: footer.leaves.length,
    ...(shape !== undefined && { shape }),
    ...(width !== undefined && { width }),
  };
}
