/** `gs-repartition verify --input-prefix …`: is a prefix ready for DistPartitioning? */
import type { VerifyOptions, VerifyReport, Violation } from '../../repartition/api.js';
import { asTyped } from '../as-typed.js';
import { defineCommand } from '../command.js';
import { formatBytes, formatCount, plural } from '../format.js';
import { alias, count, flag, size, text } from '../options.js';
import { prefixFrom, prefixOption } from '../prefix-options.js';
import { addReport, requireTarget, settingsOf } from '../report.js';
import { reportOption } from '../report-option.js';
import { s3Options } from '../s3-options.js';
import { EXIT } from '../world.js';
import { titles } from './titles.js';

/** For people: more of one type are no news. `--json` has all. */
const MOST_LINES = 20;

const options = {
  ...prefixOption,
  'metadata-file-name': alias(
    'input-metadata-file-name',
    text('The metadata to check (updated_row_counts_metadata.json, or metadata.json before an alignment)'),
  ),
  deep: flag('Read every value, with another reader, and compare all rows with those of the inputs'),
  'world-size': count('So many ranks will read the graph: check that each type has enough for them'),
  concurrency: count('Footers read at once (64 unless given)'),
  threads: count(
    'Threads that read values with --deep (as many as processors, and as --memory has room for, unless given)',
  ),
  memory: size(
    'Memory that the process may take with --deep; a page that needs more is a violation (256MB unless given)',
  ),
  ...reportOption,
  ...s3Options,
};

export const verifyCommand = defineCommand({
  ...titles.verify,
  usage: '--input-prefix <folder or s3://bucket/prefix> [options]',
  options,
  examples: [
    ['$0 verify --input-prefix /data/graph', 'Check an aligned graph by its footers, in seconds'],
    ['$0 verify --input-prefix /data/graph --deep', 'Read every value too'],
    ['$0 verify --input-prefix /data/graph --world-size 8', 'Check it for eight ranks'],
  ],
  async run(values, session) {
    const { world, log, progress, print, printDocument } = session;
    const {
      'metadata-file-name': metadataFileName,
      'world-size': worldSize,
      deep,
      concurrency,
      threads,
      memory,
    } = values;
    if (values.report !== undefined) requireTarget(values.report);
    const asked: VerifyOptions = {
      ...prefixFrom(values, session),
      ...(metadataFileName !== undefined && { metadataFileName }),
      ...(deep && { deep }),
      ...(worldSize !== undefined && { worldSize }),
      ...(concurrency !== undefined && { concurrency }),
      ...(threads !== undefined && { threads }),
      ...(memory !== undefined && { memory }),
      onProgress: (at) => progress.report(at),
    };
    const report = await world.engine.verifyPrefix(asked);
    progress.stop();
    if (values.json) printDocument(report);
    else {
      for (const line of describeWarnings(report)) log.warn(line);
      for (const line of describeReport(report)) print(line);
    }
    // The exit code is the verdict's, whatever becomes of the page.
    await addReport(values, session, async () => {
      const { reportOfPrefix } = await world.engine.reports();
      const context = { settings: settingsOf(options, values) };
      return reportOfPrefix('verify', prefixFrom(values, session), report, context);
    });
    return report.ready ? EXIT.success : EXIT.failure;
  },
  failureCode: EXIT.notLooked,
});

/** The report for people: a heading for each type, the worst first. */
function describeReport({ ready, checked, violations, warnings }: VerifyReport): string[] {
  const looked = [
    plural(checked.types, 'type'),
    plural(checked.dataSets, 'data set'),
    plural(checked.parts, 'part'),
    plural(checked.rows, 'row'),
    ...(checked.bytes === undefined ? [] : [`${formatBytes(checked.bytes)} read`]),
  ].join(', ');
  const beside = warnings.length > 0 ? `, ${plural(warnings.length, 'warning')}` : '';
  const verdict = ready
    ? `Ready for DistPartitioning: ${looked}${beside}.`
    : `Not ready for DistPartitioning: ${plural(violations.length, 'violation')} in ${looked}${beside}.`;
  return [...grouped(violations).flatMap(describeGroup), verdict];
}

function describeWarnings({ warnings }: VerifyReport): string[] {
  const more = warnings.length - MOST_LINES;
  return [
    ...warnings.slice(0, MOST_LINES).map((one) => describe(one, true)),
    ...(more > 0 ? [`… and ${plural(more, 'more warning')} (--json has all)`] : []),
  ];
}

function grouped(violations: readonly Violation[]): Violation[][] {
  const groups = new Map<string | undefined, Violation[]>();
  for (const one of violations) {
    const group = groups.get(one.type);
    if (group) group.push(one);
    else groups.set(one.type, [one]);
  }
  return [...groups.values()];
}

function describeGroup(violations: Violation[]): string[] {
  const { type } = violations[0]!;
  const more = violations.length - MOST_LINES;
  return [
    `${type ?? 'The graph'}: ${plural(violations.length, 'violation')}`,
    ...violations.slice(0, MOST_LINES).map((one) => `  ${describe(one, false)}`),
    ...(more > 0 ? [`  … and ${formatCount(more)} more (--json has all)`] : []),
  ];
}

function describe({ type, dataSet, part, message }: Violation, withType: boolean): string {
  const names = [withType ? type : undefined, dataSet, part].filter((name) => name !== undefined);
  return [...names, asTyped(message, ['deep', 'memory', 'num-output-files'])].join(' | ');
}
