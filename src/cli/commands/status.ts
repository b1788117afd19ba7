/** `gs-repartition status --input-prefix …`: what becomes of the run on a prefix. */
import type { Progress, RunningRun, RunState, Status, StatusReport } from '../../repartition/index.js';
import { defineCommand } from '../command.js';
import { formatBytes, formatCount, formatRun } from '../format.js';
import { prefixFrom, prefixOption } from '../prefix-options.js';
import { s3Options } from '../s3-options.js';
import { EXIT } from '../world.js';
import { titles } from './titles.js';

const MEANINGS: Readonly<Record<RunState, string>> = {
  running: 'Running (alive)',
  stale: 'Stale: the run was killed',
  failed: 'Failed',
  succeeded: 'Succeeded',
  none: 'No run',
};

export const statusCommand = defineCommand({
  ...titles.status,
  usage: '--input-prefix <folder or s3://bucket/prefix> [options]',
  options: { ...prefixOption, ...s3Options },
  examples: [
    ['$0 status --input-prefix /data/graph', 'What becomes of the run there'],
    ['$0 status --input-prefix s3://bucket/graph --json', 'The same as a document'],
  ],
  async run(values, session) {
    const { world, progress, print, printDocument } = session;
    const report = await world.engine.readStatus(prefixFrom(values, session));
    progress.stop();
    if (values.json) printDocument(report);
    else for (const line of describeStatus(report)) print(line);
    if (report.state === 'succeeded') return EXIT.success;
    return report.state === 'running' ? EXIT.running : EXIT.failure;
  },
});

/** The report for people. */
function describeStatus({ inputPrefix, state, advice, run, runs }: StatusReport): string[] {
  return [
    `${MEANINGS[state]}: ${inputPrefix}`,
    ...(run ? describeRun(run) : []),
    ...runs.filter((one) => one.startedAt !== run?.startedAt).map(describeOther),
    advice,
  ];
}

function describeRun(run: Status): string[] {
  const { finishedAt, heartbeatAt, progress, error } = run;
  const end = finishedAt === undefined ? `last seen ${heartbeatAt}` : `ended ${finishedAt}`;
  return [
    `  run       ${formatRun(run)}, ${end}`,
    ...(progress && finishedAt === undefined ? [`  progress  ${describeProgress(progress)}`] : []),
    ...(error ? [`  error     ${error.message}${error.hint === undefined ? '' : `. ${error.hint}`}`] : []),
  ];
}

function describeProgress(progress: Progress): string {
  const { phase, done, total } = progress;
  const bytes = progress.phase === 'parts' ? `, ${formatBytes(progress.bytes)}` : '';
  return `${phase}: ${formatCount(done)} of ${formatCount(total)}${bytes}`;
}

function describeOther(run: RunningRun): string {
  return `  at work   ${formatRun(run)}`;
}
