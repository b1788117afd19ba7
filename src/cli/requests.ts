/** Requests and their price, for people. */
import { priceOf, type PriceTable, PRICES } from '../s3/price.js';
import { formatCount } from './format.js';

/** @param requests by operation; @param how.isEstimate they were not counted */
export function describeRequests(
  requests: Readonly<Record<string, number>>,
  { isEstimate, prices = PRICES }: { isEstimate: boolean; prices?: PriceTable },
): string[] {
  const counts = Object.entries(requests)
    .filter(([, count]) => count > 0)
    .map(([operation, count]) => `${formatCount(count)} ${operation}`);
  const price = priceOf(requests, prices);
  return [
    `  requests  ${isEstimate ? 'about ' : ''}${counts.join(', ')}`,
    `  price     about ${price < 0.01 ? 'less than 0.01' : price.toFixed(2)} ${prices.currency} for requests ` +
      `(prices of ${prices.date})`,
  ];
}
