/** `gs-repartition status --input-prefix …`: what becomes of the run on a prefix. */
import type { Progress, RunningRun, RunState, Status, StatusReport } from '../../repartition/index.js';
import { defineCommand } from '../command.js';
import { formatBytes, formatCount } from '../format.js';
import { required, text } from '../options.js';
import { readS3Options, s3Options } from '../s3-options.js';
import { EXIT } from '../world.js';

const MEANINGS: Readonly<Record<RunState, string>> = {
  running: 'Running (alive)',
  stale: 'Stale: the run was killed',
  failed: 'Failed',
  succeeded: 'Succeeded',
  none: 'No run',
};

export const statusCommand = defineCommand({
  name: 'status',
  describe:
    'Tell whether the run on a prefix is alive, stale, failed or done, and what to do: exit code 6, 1, 1 or 0',
  usage: '--input-prefix <folder or s3://bucket/prefix> [options]',
  options: { 'input-prefix': required(text('The graph: a folder, or s3://bucket/prefix')), ...s3Options },
  examples: [
    ['$0 status --input-prefix /data/graph', 'What becomes of the run there'],
    ['$0 status --input-prefix s3://bucket/graph --json', 'The same as a document'],
  ],
  async run(values, { world, progress, signal, print, printDocument }) {
    const s3 = readS3Options(values);
    const report = await world.engine.readStatus({
      inputPrefix: values['input-prefix'],
      ...(s3 && { s3 }),
      signal,
    });
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

function describeRun({ host, pid, startedAt, finishedAt, heartbeatAt, progress, error }: Status): string[] {
  const end = finishedAt === undefined ? `last seen ${heartbeatAt}` : `ended ${finishedAt}`;
  return [
    `  run       ${host}, process ${pid}, since ${startedAt}, ${end}`,
    ...(progress && finishedAt === undefined ? [`  progress  ${describeProgress(progress)}`] : []),
    ...(error ? [`  error     ${error.message}${error.hint === undefined ? '' : `. ${error.hint}`}`] : []),
  ];
}

function describeProgress(progress: Progress): string {
  const { phase, done, total } = progress;
  const bytes = progress.phase === 'parts' ? `, ${formatBytes(progress.bytes)}` : '';
  return `${phase}: ${formatCount(done)} of ${formatCount(total)}${bytes}`;
}

function describeOther({ host, pid, startedAt }: RunningRun): string {
  return `  at work   ${host}, process ${pid}, since ${startedAt}`;
}
