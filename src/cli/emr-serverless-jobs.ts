/** `gs-repartition emr-serverless status`, `cancel` and `list`: the jobs there are. */
import {
  cancelJob,
  dashboardUrl,
  followJob,
  getJob,
  jobUpdate,
  listApplications,
  listJobs,
  outputPrefixOf,
  requireSageMaker,
} from '../aws/index.js';
import { awsOptions, withAws } from './aws-options.js';
import { type Command, defineCommand } from './command.js';
import { versioned } from './documents.js';
import { describeUpdate, sagemakerOptions, waitForJob, waitOptions } from './emr-serverless-wait.js';
import { flag, required, text } from './options.js';
import { EXIT } from './world.js';

const jobIdOptions = {
  'application-id': required(text('The application')),
  'job-run-id': required(text('The job')),
};

const statusCommand = defineCommand({
  name: 'emr-serverless status',
  describe: 'Tell how far a job is; with --wait follow it and have its output aligned',
  usage: '--application-id <id> --job-run-id <id> [options]',
  options: {
    ...jobIdOptions,
    wait: flag('Follow the job, and have its output aligned when it is not'),
    ...waitOptions,
    ...awsOptions,
  },
  examples: [
    ['$0 emr-serverless status --application-id <id> --job-run-id <id> --wait', 'Go on waiting for a job'],
  ],
  async run(values, session) {
    const id = { applicationId: values['application-id'], jobRunId: values['job-run-id'] };
    if (values.wait) requireSageMaker({ fallback: values.fallback, sagemaker: sagemakerOptions(values) });
    return withAws(values, async (aws) => {
      if (values.wait) return waitForJob(aws, id, values, session);
      const job = await getJob(aws, id, session);
      const update = jobUpdate(job);
      const url = await dashboardUrl(aws, id, session);
      const outputPrefix = outputPrefixOf(job);
      if (values.json)
        session.printDocument(
          versioned('emr-serverless-status', {
            ...id,
            name: job.name,
            ...update,
            outputPrefix,
            dashboardUrl: url,
          }),
        );
      else {
        session.print(describeUpdate(update));
        if (outputPrefix !== undefined) session.print(`  output     ${outputPrefix}`);
        if (url !== undefined) session.print(`  dashboard  ${url}`);
      }
      return EXIT.success;
    });
  },
});

const cancelCommand = defineCommand({
  name: 'emr-serverless cancel',
  describe: 'Cancel a job',
  usage: '--application-id <id> --job-run-id <id> [options]',
  options: { ...jobIdOptions, wait: flag('Wait until it is cancelled'), ...awsOptions },
  examples: [['$0 emr-serverless cancel --application-id <id> --job-run-id <id>', 'Cancel a job']],
  async run(values, session) {
    const id = { applicationId: values['application-id'], jobRunId: values['job-run-id'] };
    return withAws(values, async (aws) => {
      await cancelJob(aws, id, session);
      const state = values.wait ? (await followJob(aws, id, session)).state : 'CANCELLING';
      if (values.json) session.printDocument(versioned('emr-serverless-status', { ...id, state }));
      else session.print(`The job ${id.jobRunId} is ${state ?? 'UNKNOWN'}.`);
      return EXIT.success;
    });
  },
});

const listCommand = defineCommand({
  name: 'emr-serverless list',
  describe: 'List applications; with --application-id its jobs, latest first',
  usage: '[--application-id <id>] [options]',
  options: { 'application-id': text('Whose jobs to list'), ...awsOptions },
  examples: [['$0 emr-serverless list', 'List all applications of the region']],
  async run(values, session) {
    const applicationId = values['application-id'];
    return withAws(values, async (aws) => {
      const found =
        applicationId === undefined
          ? (await listApplications(aws, session)).map(({ id, name, state, releaseLabel, createdAt }) => ({
              id,
              name,
              state,
              releaseLabel,
              createdAt,
            }))
          : (await listJobs(aws, applicationId, session)).map(
              ({ id, name, state, releaseLabel, createdAt }) => ({
                id,
                name,
                state,
                releaseLabel,
                createdAt,
              }),
            );
      if (values.json) {
        const listed = applicationId === undefined ? { applications: found } : { applicationId, jobs: found };
        session.printDocument(versioned('emr-serverless-list', listed));
      } else if (found.length === 0) session.print('There are none.');
      else for (const line of table(found)) session.print(line);
      return EXIT.success;
    });
  },
});

interface Listed {
  id: string | undefined;
  name: string | undefined;
  state: string | undefined;
  releaseLabel: string | undefined;
  createdAt: Date | undefined;
}

/** In columns. */
function table(rows: readonly Listed[]): string[] {
  const cells = rows.map(({ id = '', name = '', state = '', releaseLabel = '', createdAt }) => [
    id,
    state,
    releaseLabel,
    createdAt?.toISOString().slice(0, 19).replace('T', ' ') ?? '',
    name,
  ]);
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

export const jobCommands: readonly Command[] = [statusCommand, cancelCommand, listCommand];
