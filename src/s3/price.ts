/** What requests cost. Bytes that stay inside a region cost nothing. */
import { RepartitionError } from '../errors.js';

export interface PriceTable {
  /** ISO 8601: when these prices were read off. */
  date: string;
  currency: string;
  /** For a thousand requests. */
  perThousand: { write: number; read: number };
}

/** us-east-1, S3 Standard, https://aws.amazon.com/s3/pricing/ */
export const PRICES: PriceTable = {
  date: '2026-11-01',
  currency: 'USD',
  perThousand: { write: 0.005, read: 0.0004 },
};

/** "DELETE and CANCEL requests are free." */
const FREE = new Set(['DeleteObject', 'AbortMultipartUpload']);
/** All others are priced like writes; starting and ending an upload among them. */
const READS = new Set(['GetObject', 'HeadObject', 'HeadBucket']);

/** @param requests by operation */
export function priceOf(requests: Readonly<Record<string, number>>, prices: PriceTable): number {
  let price = 0;
  for (const [operation, count] of Object.entries(requests)) {
    if (FREE.has(operation)) continue;
    price += (count / 1000) * prices.perThousand[READS.has(operation) ? 'read' : 'write'];
  }
  return price;
}

/**
 * A table in JSON, as {@link PriceTable} describes it.
 * @throws RepartitionError `usage` that says what is missing
 */
export function parsePriceTable(text: string, file: string): PriceTable {
  const wrong = (what: string): RepartitionError =>
    new RepartitionError('usage', `${file}: ${what}`, {
      hint: `Write it like this: ${JSON.stringify(PRICES)}`,
      operation: 'read',
      path: file,
    });
  let table: Partial<PriceTable> | null;
  try {
    table = JSON.parse(text) as Partial<PriceTable> | null;
  } catch {
    throw wrong('not valid JSON');
  }
  const { date, currency, perThousand } = table ?? {};
  if (typeof date !== 'string' || Number.isNaN(Date.parse(date))) throw wrong('it has no date');
  if (typeof currency !== 'string') throw wrong('it has no currency');
  for (const kind of ['write', 'read'] as const) {
    const price: unknown = perThousand?.[kind];
    if (typeof price !== 'number' || !(price >= 0))
      throw wrong(`it has no price for a thousand requests that ${kind}`);
  }
  return { date, currency, perThousand: perThousand! };
}
