/**
 * A part that we made says so, for whoever wonders years later. Its pages' writer stays in `created_by` as long as the
 * pages are its own, for readers know writers' habits by that name; a footer key says what we did:
 *
 *     gs-repartition = {"version":"0.1.0","method":"splice","writers":["parquet-mr version 1.13.1 (build …)"]}
 */
import type { Method } from './crumbs.js';
import { changeFooterKeys } from './footer.js';
import { FileMetaData } from './format.js';

/** The footer key, and our name in `created_by`. */
const PRODUCT = 'gs-repartition';

/** Writers that are named; of others there is a count. A data set has one, seldom two. */
const MOST_WRITERS = 16;

export interface Provenance {
  /** Of this package. */
  version: string;
  method: Method;
  /** The sources' `created_by`, each once, in the order of the rows. */
  writers: ReadonlySet<string>;
}

/** FileMetaData that names its origin. Not inside `ARROW:schema`: no reader acts on the key, and it stays as it was. */
export function sign(meta: FileMetaData, { version, method, writers }: Provenance): FileMetaData {
  const moreWriters = writers.size - MOST_WRITERS;
  const value = JSON.stringify({
    version,
    method,
    writers: [...writers].slice(0, MOST_WRITERS),
    ...(moreWriters > 0 && { moreWriters }),
  });
  const signed = changeFooterKeys(meta, { [PRODUCT]: value });
  return method === 're-encode'
    ? signed.set(FileMetaData.createdBy, `${PRODUCT} version ${version}`)
    : signed;
}
