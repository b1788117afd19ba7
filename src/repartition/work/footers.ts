/** The inventory's reads as tasks: footers of neighbouring parts are read elsewhere, and what a plan needs comes back. */
import pMap from 'p-map';
import { type Footer, footerBytes, parseFooter } from '../../parquet/footer.js';
import { FileMetaData } from '../../parquet/format.js';
import { schemaDifference } from '../../parquet/same-schema.js';
import type { Storage } from '../../storage/storage.js';
import type { ReadOptions } from '../part-reader.js';
import { type LoneFacts, type ReadPart, readPart } from '../prepare/read-part.js';

/** Parts of one data set. */
export interface FooterReads {
  /** The data set, for messages. */
  owner: string;
  paths: string[];
}

/** What was found, in the order of the paths. Footers are alike within a data set, so each schema comes once. */
export interface FoundFooters {
  parts: { facts: FactsAsJson; schema: number }[];
  /** FileMetaData without row groups and keys, in base64. */
  schemas: string[];
}

/** JSON has no NaN. */
type FactsAsJson = Omit<LoneFacts, 'width'> & { width?: number | null };

/** @throws RepartitionError of the first part that can't be read, as {@link readPart} */
export async function readFooters(
  storage: Storage,
  { owner, paths }: FooterReads,
  options: ReadOptions,
): Promise<FoundFooters> {
  const known: Footer[] = [];
  const parts = await pMap(
    paths,
    async (path) => {
      const { facts, footer } = await readPart(storage, owner, path, options);
      const found = known.findIndex((one) => schemaDifference(one, footer, 'all') === undefined);
      return { facts, schema: found >= 0 ? found : known.push(withoutRows(footer)) - 1 };
    },
    { concurrency: storage.profile.readsAtOnce },
  );
  return { parts, schemas: known.map(({ meta }) => Buffer.from(footerBytes(meta)).toString('base64')) };
}

/** What comes back, as if it had been read here. */
export class FooterSchemas {
  /** Those of different batches are mostly the same, and are told to be so at once where they are one object. */
  private readonly known = new Map<string, Footer>();

  /** @param storage for messages */
  constructor(private readonly storage: Storage) {}

  unpack({ parts, schemas }: FoundFooters): ReadPart[] {
    const found = schemas.map((text) => this.schemaOf(text));
    return parts.map(({ facts: { width, ...facts }, schema }) => ({
      // First, so that all get the same hidden class.
      facts: width === undefined ? facts : { width: width ?? NaN, ...facts },
      footer: { ...found[schema]!, file: this.storage.describe(facts.path), rows: facts.rows },
    }));
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

/** What of a footer tells its schema. */
function withoutRows(footer: Footer): Footer {
  const meta = footer.meta
    .clone()
    .set(FileMetaData.rowGroups, [])
    .set(FileMetaData.numRows, 0)
    .delete(FileMetaData.keyValueMetadata);
  return { ...footer, meta, rowGroups: [] };
}
