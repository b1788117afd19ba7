/** `gs-repartition emr-serverless submit-alignment`: the alignment as a job, as large as its plan asks for. */
import {
  type AlignmentJobOptions,
  type AwsSession,
  checkAlignment,
  followJob,
  requireSuccess,
  type StartedJob,
  submitAlignment,
} from '../aws/index.js';
import { RepartitionError } from '../errors.js';
import { longOptions, writtenOut } from './abbreviations.js';
import { awsOptions, jobEngine, withAws } from './aws-options.js';
import { type Command, defineCommand, type Session } from './command.js';
import { repartitionCommand } from './commands/repartition.js';
import { alignmentConfFor, jobTeller } from './emr-serverless-wait.js';
import { flag, required, text, usage } from './options.js';
import { sparkJobOptions } from './spark-job-options.js';
import { EXIT } from './world.js';
import { versioned } from './documents.js';

export const submitAlignmentCommand: Command = defineCommand({
  name: 'emr-serverless submit-alignment',
  describe: 'Align a graph in a job, on an application whose image has gs-repartition; with --wait follow it',
  usage: '--application-id <id> --execution-role <role> --input-prefix <s3> [options] [-- …]',
  passesOn: true,
  options: {
    'application-id': text('The application'),
    'application-name': text('The application by its name instead'),
    'execution-role': required(text('The job runtime role: name or ARN')),
    'input-prefix': required(text('The graph: s3://bucket/prefix')),
    'entry-point-url': text(
      'Where the entry point goes (emr-serverless-scripts/ of the graph’s bucket unless given)',
    ),
    'job-name': text('The job’s name (gs-repartition unless given)'),
    ...sparkJobOptions,
    wait: flag('Follow the job, and verify what it left'),
    'dry-run': flag('Print the requests as JSON; neither upload nor start'),
    ...awsOptions,
  },
  examples: [
    [
      '$0 emr-serverless submit-alignment --application-name gsprocessing-0.2.2 ' +
        '--execution-role gsprocessing-emr-serverless --input-prefix s3://bucket/graph --wait',
      'Align a graph where it was made',
    ],
  ],
  async run(values, session) {
    const { log, signal, printDocument, print } = session;
    const dryRun = values['dry-run'];
    const conf = values['spark-conf'] ?? [];
    const twice = conf.find(([key], i) => conf.findIndex(([other]) => other === key) < i);
    if (twice) throw usage(`--spark-conf ${twice[0]} was given twice`);
    const extraArguments = (values as { '--'?: string[] })['--'] ?? [];
    if (values.wait) requireVerifiable(extraArguments);
    return withAws(values, async (aws) => {
      const inputPrefix = values['input-prefix'];
      const options: AlignmentJobOptions = {
        applicationId: values['application-id'],
        applicationName: values['application-name'],
        executionRole: values['execution-role'],
        inputPrefix,
        entryPointUrl: values['entry-point-url'],
        jobName: values['job-name'],
        clientToken: values['client-token'],
        sparkConf: { ...(await alignmentConfFor(inputPrefix, values, session)), ...Object.fromEntries(conf) },
        sparkSubmitParameters: values['spark-submit-parameters'],
        logUri: values['log-uri'],
        logGroup: values['log-group'],
        timeoutMinutes: values['timeout-minutes'],
        extraArguments,
      };
      const started = await submitAlignment(aws, options, {
        dryRun,
        signal,
        log,
        onStep: ({ title }) => log.info(dryRun ? `would ${title}` : title),
      });
      const { applicationId, jobRunId, steps } = started;
      if (jobRunId === undefined) {
        printDocument(
          versioned('emr-serverless-alignment', { status: 'planned', applicationId, inputPrefix, steps }),
        );
        return EXIT.success;
      }
      if (!values.wait) {
        if (values.json) {
          const told = { status: 'started', applicationId, jobRunId, inputPrefix };
          printDocument(versioned('emr-serverless-alignment', told));
        } else print(`Started the job ${jobRunId} on the application ${applicationId}.`);
        return EXIT.success;
      }
      await followAlignment(aws, { applicationId, jobRunId }, session);
      const verdict = await checkAlignment(inputPrefix, {}, (prefix, names) =>
        jobEngine(session, values).verify(prefix, names),
      );
      if (values.json) {
        const ended = { status: 'succeeded', applicationId, jobRunId, inputPrefix, ...verdict };
        printDocument(versioned('emr-serverless-alignment', ended));
      } else if (verdict.aligned) {
        print(`The job ${jobRunId} succeeded, and the graph is aligned: it passes verification.`);
      } else print(`The job ${jobRunId} succeeded, but the graph is not aligned (${verdict.reason}).`);
      return verdict.aligned ? EXIT.success : EXIT.notAligned;
    });
  },
});

/**
 * What makes the job leave another document than the one that is verified, or none.
 * @throws RepartitionError `usage` naming the word
 */
function requireVerifiable(words: readonly string[]): void {
  const other = writtenOut(words, longOptions(repartitionCommand))
    .map((word) => word.split('=', 1)[0]!)
    .find((word) => /^--(dry-run|(input-|updated-)?metadata-file-name)$/.test(word));
  if (other === undefined) return;
  throw usage(
    `a job with ${other} does not leave what --wait verifies`,
    'Leave out one of them; gs-repartition verify takes other names.',
  );
}

/** @throws RepartitionError `job` when it fails */
async function followAlignment(
  aws: AwsSession,
  id: Required<Pick<StartedJob, 'applicationId' | 'jobRunId'>>,
  session: Session,
): Promise<void> {
  const { log, signal } = session;
  try {
    const job = await followJob(aws, id, { signal, log, onUpdate: jobTeller(log) });
    await requireSuccess(aws, job, { log, signal });
  } catch (error) {
    if (!(error instanceof RepartitionError && error.code === 'job')) {
      log.warn(
        `the job itself goes on; cancel it with: gs-repartition emr-serverless cancel --application-id ${id.applicationId} --job-run-id ${id.jobRunId}${await aws.wayWords()}`,
      );
    }
    throw error;
  }
}
