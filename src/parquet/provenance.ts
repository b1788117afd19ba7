/**
 * A part that we made says so, for whoever wonders years later. Its pages' writer stays in `created_by` as long as the
 * pages are its own, for readers know writers' habits by that name; a footer key says what we did:
 *
 *     gs-repartition = {"version":"0.1.0","part":"…/part-00000.parquet","method":"splice","writers":["parquet-mr …"]}
 */
import type { Method } from './crumbs.js';
import { changeFooterKeys, type Footer, footerKeys } from './footer.js';
import { FileMetaData } from './format.js';

/** The footer key, and our name in `created_by`. */
const PRODUCT = 'gs-repartition';

/** Writers that are named; of others there is a count. A data set has one, seldom two. */
const MOST_WRITERS = 16;

/** Who made a part, and what it was to be. */
export interface Maker {
  /** Of this package. */
  version: string;
  /** What the part is called where it was made: another that has come to lie under its name is found out by that. */
  part?: string | undefined;
}

export interface Provenance extends Maker {
  method: Method;
  /** The sources' `created_by`, each once, in the order of the rows. */
  writers: ReadonlySet<string>;
}

/** FileMetaData that names its origin. Not inside `ARROW:schema`: no reader acts on the key, and it stays as it was. */
export function sign(meta: FileMetaData, { version, part, method, writers }: Provenance): FileMetaData {
  const moreWriters = writers.size - MOST_WRITERS;
  const value = JSON.stringify({
    version,
    ...(part !== undefined && { part }),
    method,
    writers: [...writers].slice(0, MOST_WRITERS),
    ...(moreWriters > 0 && { moreWriters }),
  });
  const signed = changeFooterKeys(meta, { [PRODUCT]: value });
  return method === 're-encode'
    ? signed.set(FileMetaData.createdBy, `${PRODUCT} version ${version}`)
    : signed;
}

/** Who made a part; empty when it is none of ours, and without what it does not say. */
export function makerOf(footer: Footer): Partial<Maker> {
  try {
    const { version, part } = JSON.parse(footerKeys(footer).get(PRODUCT) ?? '{}') as Record<string, unknown>;
    return {
      ...(typeof version === 'string' && { version }),
      ...(typeof part === 'string' && { part }),
    };
  } catch {
    return {};
  }
}
