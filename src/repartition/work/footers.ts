/** The inventory's reads as tasks: footers of neighbouring parts are read elsewhere, and what a plan needs comes back. */
import { type Footer, footerBytes, parseFooter } from '../../parquet/footer.js';
import { FileMetaData } from '../../parquet/format.js';
import type { Storage } from '../../storage/storage.js';
import type { ReadOptions } from '../part-reader.js';
import { type LoneFacts, type ReadParts, readParts } from '../prepare/read-part.js';

/** Parts of one data set. */
export interface FooterReads {
  /** The data set, for messages. */
  owner: string;
  paths: string[];
}

/** What was found in parts of one data set, as it crosses to another thread or process. */
export interface FoundFooters {
  facts: FactsAsJson[];
  schemaOf: number[];
  /** Of each a part, its rows, and its FileMetaData without row groups and keys, in base64. */
  schemas: { path: string; rows: number; meta: string }[];
}

/** JSON has no NaN. */
type FactsAsJson = Omit<LoneFacts, 'width'> & { width?: number | null };

/** @throws RepartitionError of the first part that can't be read, as {@link readPart} */
export async function readFooters(
  storage: Storage,
  { owner, paths }: FooterReads,
  options: ReadOptions,
): Promise<FoundFooters> {
  const atOnce = storage.profile.readsAtOnce;
  const { facts, schemaOf, schemas } = await readParts(storage, owner, paths, { ...options, atOnce });
  return {
    facts,
    schemaOf,
    schemas: schemas.map(({ path, footer }) => ({ path, rows: footer.rows, meta: schemaText(footer) })),
  };
}

/** What comes back, as if it had been read here. */
export class FooterSchemas {
  /** Those of different batches are mostly the same, and are told to be so at once where they are one object. */
  private readonly known = new Map<string, Footer>();

  /** @param storage for messages */
  constructor(private readonly storage: Storage) {}

  /** @param paths that were asked for: those that came back are copies, which would be kept with the facts */
  unpack({ facts, schemaOf, schemas }: FoundFooters, paths: readonly string[]): ReadParts {
    return {
      // Width comes first, so that all get the same hidden class.
      facts: facts.map(({ width, ...others }, i) => {
        const path = paths[i]!;
        return width === undefined ? { ...others, path } : { width: width ?? NaN, ...others, path };
      }),
      schemaOf,
      schemas: schemas.map(({ path, rows, meta }) => ({
        path,
        footer: { ...this.schemaOf(meta), file: this.storage.describe(path), rows },
      })),
    };
  }

  private schemaOf(text: string): Footer {
    let footer = this.known.get(text);
    if (!footer) {
      const bytes = Buffer.from(text, 'base64');
      footer = parseFooter('', bytes.subarray(0, bytes.length - END_BYTES), 0);
      this.known.set(text, footer);
    }
    return footer;
  }
}

/** A footer's length and the magic. */
const END_BYTES = 8;

/** What of a footer tells its schema: the same text where it is the same. */
function schemaText({ meta }: Footer): string {
  const withoutRows = meta
    .clone()
    .set(FileMetaData.rowGroups, [])
    .set(FileMetaData.numRows, 0)
    .delete(FileMetaData.keyValueMetadata);
  return Buffer.from(footerBytes(withoutRows)).toString('base64');
}
