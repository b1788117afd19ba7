/** The options of a command under headings, for help and manual. */
import { commonOptions } from './common-options.js';
import type { OptionSet } from './options.js';
import { s3Options } from './s3-options.js';
import { EXIT } from './world.js';

export const ENVIRONMENT =
  'Every option can come from the environment, as GS_REPARTITION_INPUT_PREFIX and so on; the command line wins.';

/** What a process says by its end. */
export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.success, 'success; verify: the prefix is ready; status: the run succeeded'],
  [EXIT.failure, 'failure; verify: the prefix is not ready; status: failed, stale, or no run'],
  [EXIT.usage, 'usage error'],
  [
    EXIT.notAligned,
    'emr-serverless, run: the job succeeded, but its output is not aligned (--fallback none)',
  ],
  [EXIT.jobFailed, 'emr-serverless, sagemaker, partition, run: the job failed or was cancelled'],
  [
    EXIT.notLooked,
    'verify: whether the prefix is ready could not be told (no metadata, no access, a disk that fails)',
  ],
  [EXIT.running, 'status: a run is at work'],
  [EXIT.interrupted, 'interrupted (the same command resumes)'],
];

const OTHERS = 'Options';

/** Headings with the names below them; what is the command's own comes first. */
export function optionGroups(options: OptionSet): [title: string, names: string[]][] {
  const titles: [string, OptionSet][] = [
    ['On S3', s3Options],
    ['Log and output', { ...commonOptions, help: { describe: '' }, version: { describe: '' } }],
  ];
  const names = [...Object.keys(options), 'help', 'version'];
  const titleOf = (name: string): string => titles.find(([, set]) => Object.hasOwn(set, name))?.[0] ?? OTHERS;
  return [OTHERS, ...titles.map(([title]) => title)]
    .map((title): [string, string[]] => [title, names.filter((name) => titleOf(name) === title)])
    .filter(([, some]) => some.length > 0);
}
