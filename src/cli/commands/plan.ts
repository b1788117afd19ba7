/** `gs-repartition plan --input-prefix …`: what a run would do. */
import { readFileSync } from 'node:fs';
import { messageOf, RepartitionError } from '../../errors.js';
import type { Amount, Plan, PlanDocument } from '../../repartition/index.js';
import { parsePriceTable, PRICES, priceOf, type PriceTable } from '../../s3/price.js';
import { defineCommand, type Session } from '../command.js';
import { reasonOf } from '../console.js';
import { formatBytes, formatCount, formatDuration, plural } from '../format.js';
import { addReport, requireTarget, settingsOf, withPrice } from '../report.js';
import { layoutOptions, planOptions, type PlanValues, prepareOptionsFrom } from '../run-options.js';
import { table } from '../table.js';
import { EXIT } from '../world.js';
import { titles } from './titles.js';

export const planCommand = defineCommand({
  ...titles.plan,
  usage: '--input-prefix <folder or s3://bucket/prefix> [options]',
  options: planOptions,
  examples: [
    ['$0 plan --input-prefix /data/graph', 'What would become of every data set'],
    ['$0 plan --input-prefix s3://bucket/graph --json', 'The same as a document, with every layout'],
  ],
  run: showPlan,
});

/** What `plan` and `--dry-run` do. */
export async function showPlan(values: PlanValues, session: Session): Promise<number> {
  const { world, progress, print, printDocument } = session;
  const prices = readPrices(values['price-table']);
  if (values.report !== undefined) requireTarget(values.report);
  let planned: Plan | undefined;
  const plan = await world.engine.plan({
    ...prepareOptionsFrom(values, session),
    onPlan: (made) => (planned = made),
  });
  progress.stop();
  if (values.json) {
    printDocument(priced(plan, prices));
  } else {
    for (const line of describePlanDocument(plan, prices)) print(line);
  }
  const isWritten = await addReport(values, session, async () => {
    if (!planned) return undefined;
    const { reportOfPlan } = await world.engine.reports();
    const context = { settings: settingsOf(layoutOptions, values), estimate: plan.estimate };
    return withPrice(reportOfPlan(planned, context), prices);
  });
  return isWritten ? EXIT.success : EXIT.failure;
}

function readPrices(file: string | undefined): PriceTable {
  if (file === undefined) return PRICES;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? reasonOf(error) : messageOf(error);
    throw new RepartitionError('usage', `${file} cannot be read: ${why}`, {
      hint: 'Give the path of a price table with --price-table, or leave it out for the prices of us-east-1.',
      cause: error,
    });
  }
  return parsePriceTable(text, file);
}

/** The document with what its requests cost. */
function priced(plan: PlanDocument, prices: PriceTable): PlanDocument & { price?: object } {
  const requests = plan.estimate?.requests;
  if (!requests) return plan;
  return { ...plan, price: { amount: priceOf(requests, prices), ...prices } };
}

/** The plan for people: a table for each group of types, then the sums. */
function describePlanDocument(plan: PlanDocument, prices: PriceTable): string[] {
  const { totals, estimate, warnings } = plan;
  const { parts, bytes } = totals;
  const made = parts.spliced + parts.reencoded;
  const groups = plan.groups.flatMap((group) => [...describeGroup(group), '']);
  const sums =
    made === 0
      ? [`Nothing to align: ${plural(totals.dataSets, 'data set')}, ${plural(parts.before, 'part')}.`]
      : [
          `Plan: ${plural(made, 'part')} to make, ${formatCount(parts.kept)} kept.`,
          `  bytes     ${formatBytes(bytes.kept)} kept, ${formatBytes(bytes.spliced)} to copy, ` +
            `${formatBytes(bytes.reencoded)} to re-encode`,
        ];
  return [
    ...warnings.map((warning) => `Warning: ${warning}`),
    ...groups,
    ...sums,
    ...(estimate && made > 0 ? [`  time      about ${formatDuration(estimate.seconds)}`] : []),
    ...(estimate?.requests ? describeRequests(estimate.requests, prices) : []),
    `  metadata  ${plan.updatedMetadata}`,
    `Nothing was written. To do it: ${plan.command}`,
  ];
}

function describeGroup({
  types,
  rows,
  layout,
  candidates,
  dataSets,
}: PlanDocument['groups'][number]): string[] {
  const amount = ({ parts, bytes }: Amount): string =>
    parts === 0 ? '' : `${formatCount(parts)} (${formatBytes(bytes)})`;
  const lines = table(
    ['data set', 'parts', 'kept', 'spliced', 're-encoded'],
    dataSets.map((dataSet) => [
      dataSet.name,
      `${formatCount(dataSet.before.parts)} → ${formatCount(dataSet.parts)}`,
      amount(dataSet.kept),
      amount(dataSet.spliced),
      amount(dataSet.reencoded),
    ]),
  );
  const layouts = candidates.map(
    ({ parts, dataSets: owners, bytesToMake, chosen }) =>
      `    ${chosen ? '→' : ' '} ${plural(parts, 'part')}, ${formatBytes(bytesToMake)} to make ` +
      `(${owners.length === 0 ? 'as asked for' : `layout of ${ownersOf(owners)}`})`,
  );
  return [
    `${types.join(', ')}: ${plural(rows, 'row')} in ${plural(layout.length, 'part')}`,
    ...lines.map((line) => `  ${line}`),
    ...(candidates.length > 1 ? ['  layouts', ...layouts] : []),
  ];
}

function ownersOf([first, ...others]: readonly string[]): string {
  return others.length === 0 ? (first ?? '') : `${first ?? ''} and ${plural(others.length, 'other')}`;
}

function describeRequests(requests: Readonly<Record<string, number>>, prices: PriceTable): string[] {
  const counts = Object.entries(requests)
    .filter(([, count]) => count > 0)
    .map(([operation, count]) => `${formatCount(count)} ${operation}`);
  const price = priceOf(requests, prices);
  return [
    `  requests  about ${counts.join(', ')}`,
    `  price     about ${price < 0.01 ? 'less than 0.01' : price.toFixed(2)} ${prices.currency} for requests ` +
      `(prices of ${prices.date})`,
  ];
}
