/** `gs-repartition ls --input-prefix …`: what lies under a prefix, by type and data set. */
import type { ListedDataSet, ListedType, NotAligned, OutputListing } from '../../repartition/api.js';
import { alignAdvice } from '../align-advice.js';
import { defineCommand } from '../command.js';
import { formatBytes, formatCount, plural } from '../format.js';
import { alias, count, text } from '../options.js';
import { prefixFrom, prefixOption } from '../prefix-options.js';
import { s3Options } from '../s3-options.js';
import { table } from '../table.js';
import { EXIT } from '../world.js';
import { titles } from './titles.js';

const REASONS: Readonly<Record<NotAligned, string>> = {
  'part-count': 'another number of parts',
  'row-count': 'other row counts',
  'empty-part': 'a part without rows',
  shape: 'no flat shape, or not its own',
  'declared-rows': 'the metadata say other row counts',
  unreadable: 'parts cannot be read',
};

export const lsCommand = defineCommand({
  ...titles.ls,
  usage: '--input-prefix <folder or s3://bucket/prefix> [options]',
  options: {
    ...prefixOption,
    'metadata-file-name': alias(
      'input-metadata-file-name',
      text('The metadata to go by (updated_row_counts_metadata.json, or metadata.json where there is none)'),
    ),
    concurrency: count('Footers read at once (as many as suit the storage unless given)'),
    ...s3Options,
  },
  examples: [
    ['$0 ls --input-prefix s3://bucket/graph', 'What a job has left'],
    ['$0 ls --input-prefix s3://bucket/graph --json', 'The same as a document'],
  ],
  async run(values, session) {
    const { world, progress, print, printDocument } = session;
    const { 'metadata-file-name': metadataFileName, concurrency } = values;
    const listing = await world.engine.listOutput({
      ...prefixFrom(values, session),
      ...(metadataFileName !== undefined && { metadataFileName }),
      ...(concurrency !== undefined && { concurrency }),
      onProgress: (at) => progress.report(at),
    });
    progress.stop();
    if (values.json) printDocument(listing);
    else for (const line of describeListing(listing, values)) print(line);
    return EXIT.success;
  },
});

/**
 * The listing for people.
 * @param values of the options of the command that lists
 * @param width of a line at most
 */
export function describeListing(
  { inputPrefix, metadata, aligned, types, files, totals }: Omit<OutputListing, 'document'>,
  values: Readonly<Record<string, unknown>>,
  width = Infinity,
): string[] {
  const sums = [
    plural(totals.types, 'type'),
    plural(totals.dataSets, 'data set'),
    plural(totals.parts, 'part'),
    plural(totals.rows, 'row'),
    formatBytes(totals.bytes),
  ].join(', ');
  return [
    ...table(
      ['type', 'data set', 'parts', 'rows', 'a part', 'bytes', 'aligned'],
      types.flatMap(rowsOf),
      width,
    ),
    '',
    ...table(
      ['file', 'bytes'],
      files.map(({ name, bytes }) => [name, formatBytes(bytes)]),
      width,
    ),
    '',
    `${aligned ? 'Aligned' : 'Not aligned'} by ${metadata}: ${sums}.`,
    ...(aligned ? [] : [alignAdvice(inputPrefix, values)]),
  ];
}

function rowsOf({ type, dataSets }: ListedType): string[][] {
  return dataSets.map((dataSet, i) => [
    i === 0 ? type : '',
    dataSet.name,
    formatCount(dataSet.parts),
    formatCount(dataSet.rows),
    rangeOf(dataSet),
    formatBytes(dataSet.bytes),
    verdictOf(dataSet),
  ]);
}

/** `12` rows in each part, or `9–12`. */
function rangeOf({ partRows: { fewest, most } }: ListedDataSet): string {
  return fewest === most ? formatCount(most) : `${formatCount(fewest)}–${formatCount(most)}`;
}

function verdictOf({ aligned, notAligned, unreadable = 0, sharedWith }: ListedDataSet): string {
  if (aligned === undefined) return unreadable === 0 ? '' : `${plural(unreadable, 'part')} cannot be read`;
  const shared = sharedWith === undefined ? '' : ` (shared with ${sharedWith})`;
  if (notAligned === undefined) return `yes${shared}`;
  const why =
    notAligned === 'unreadable' ? `${plural(unreadable, 'part')} cannot be read` : REASONS[notAligned];
  return `no: ${why}${shared}`;
}
