/** `gs-repartition clean --input-prefix …`: remove what nobody needs. */
import type { CleanItem, CleanReport } from '../../repartition/index.js';
import { defineCommand } from '../command.js';
import { formatBytes, formatCount, formatRun, plural } from '../format.js';
import { flag } from '../options.js';
import { prefixFrom, prefixOption } from '../prefix-options.js';
import { s3Options } from '../s3-options.js';
import { table } from '../table.js';
import { EXIT } from '../world.js';
import { titles } from './titles.js';

export const cleanCommand = defineCommand({
  ...titles.clean,
  usage: '--input-prefix <folder or s3://bucket/prefix> [--yes] [options]',
  options: {
    ...prefixOption,
    yes: flag('Remove what is listed'),
    ...s3Options,
  },
  examples: [
    ['$0 clean --input-prefix /data/graph', 'What could be removed, and how many bytes it takes'],
    ['$0 clean --input-prefix s3://bucket/graph --yes', 'Remove it'],
  ],
  async run(values, session) {
    const { world, progress, print, printDocument } = session;
    const report = await world.engine.clean({ ...prefixFrom(values, session), remove: values.yes });
    progress.stop();
    if (values.json) printDocument(report);
    else for (const line of describeReport(report)) print(line);
    return EXIT.success;
  },
});

/** The report for people. */
function describeReport(report: CleanReport): string[] {
  const { inputPrefix, removed, items, files, bytes, resume, runs } = report;
  const busy = runs.map(
    (run) => `A run is at work (${formatRun(run)}): folders stay, and all that it may have begun.`,
  );
  if (items.length === 0) return [...busy, `Nothing to remove under ${inputPrefix}.`];
  const sum = `${plural(files, 'file')}, ${formatBytes(bytes)}`;
  return [
    ...table(['what', 'path', 'files', 'size'], items.map(describeItem)),
    ...busy,
    ...(resume === undefined || removed
      ? []
      : [
          `The last run has not ended, and parts that it has finished are among these. To go on with it: ${resume}`,
        ]),
    removed
      ? `Removed ${sum}.`
      : `${sum} could be removed. To remove them, run the same command again with --yes.`,
  ];
}

function describeItem({ kind, path, files, bytes }: CleanItem): string[] {
  return [kind, path, kind === 'superseded folder' ? formatCount(files) : '', formatBytes(bytes)];
}
