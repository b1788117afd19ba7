/** `gs-repartition run --file …`: reads the file, walks, and tells of each step. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  checkWalk,
  runWalk,
  WALK_STEPS,
  type WalkEngine,
  type WalkReport,
  type WalkStep,
} from '../aws/index.js';
import { messageOf } from '../errors.js';
import { alignAdvice } from './align-advice.js';
import { dashed } from './as-typed.js';
import { withAws } from './aws-options.js';
import { defineCommand, type Session } from './command.js';
import { alignmentConfFor, jobTeller, processingTeller } from './emr-serverless-wait.js';
import { choice, flag, required, text, usage, type Values } from './options.js';
import { readS3Options } from './s3-options.js';
import { type FileMistake, readWalk } from './walk-file.js';
import { walkSettings, type WalkValues } from './walk-options.js';
import { EXIT } from './world.js';

const LARGEST_FILE = 1024 ** 2;

const runOptions = {
  file: required(text('The YAML file that says what the steps are told')),
  until: choice('The last step to do (all unless given)', WALK_STEPS),
  'dry-run': flag('Print every step with its requests as JSON, and change nothing'),
};

export const runCommand = defineCommand({
  name: 'run',
  describe: `Walk the whole way, as a file says (${WALK_STEPS.join(', ')}), or go on where it was left`,
  usage: '--file <walk.yaml> [options]',
  options: runOptions,
  examples: [
    ['$0 run --file walk.yaml --dry-run', 'See which steps there are, and what each would send'],
    ['$0 run --file walk.yaml', 'Walk, or go on'],
  ],
  run: walk,
});

/** @returns the exit code */
async function walk(
  { file, until, 'dry-run': dryRun, json }: Values<typeof runOptions> & { json: boolean },
  session: Session,
): Promise<number> {
  const { log, progress, signal, print, printDocument } = session;
  const values = readValues(file, session);
  const settings = walkSettings(values, dirname(resolve(file)));
  const report = await withAws(values.aws, (aws) =>
    runWalk(aws, settings, {
      engine: engineOf(values, session),
      dryRun,
      until,
      signal,
      log,
      onAction: (title) => log.info(title),
      onStep: (step) => {
        progress.stop();
        if (!json && !dryRun) print(describeStep(step));
      },
      onUploadProgress: (at) => progress.report({ phase: 'upload', ...at }),
      onJobUpdate: jobTeller(log),
      onSageMakerUpdate: processingTeller(log),
      sparkConf: (prefix) => alignmentConfFor(prefix, values.aws, session),
      onFallback: (reason, fallback) => log.info(`${reason}: ${FALLBACKS[fallback]}`),
    }),
  );
  if (dryRun || json) printDocument(report);
  else if (report.status === 'not-aligned') {
    print(alignAdvice(report.outputPrefix, { ...values.aws, region: undefined }));
  }
  return exitCodeOf(report);
}

const FALLBACKS = {
  here: 'aligning here',
  sagemaker: 'aligning on SageMaker',
  'emr-serverless': 'aligning on EMR Serverless',
  none: 'nobody aligns it',
};

function exitCodeOf({ status }: WalkReport): number {
  return status === 'not-aligned' ? EXIT.notAligned : EXIT.success;
}

const STATES: Readonly<Record<WalkStep['state'], string>> = {
  'left-out': 'left out',
  'done-before': 'was done',
  done: 'done',
  'to-do': 'to do',
  'under-way': 'under way',
  'not-aligned': 'not aligned',
};

/** `upload  was done   0 files uploaded to s3://bucket/tables, 3 were there` */
function describeStep({ step, state, detail }: WalkStep): string {
  return `${step.padEnd(9)}  ${STATES[state].padEnd(9)}  ${detail}`;
}

/**
 * The file, checked. Each mistake is told in a line of its own.
 * @throws RepartitionError `usage`
 */
function readValues(file: string, { log }: Session): WalkValues {
  const read = readWalk(readText(file));
  const mistakes = [...read.mistakes];
  if (read.values !== undefined) {
    for (const { path, message } of checkWalk(walkSettings(read.values, dirname(resolve(file))))) {
      const keys = path.map(dashed);
      mistakes.push({ line: read.lineOf(keys), key: keys.join('.'), message: asKeys(message) });
    }
    if (mistakes.length === 0) return read.values;
  }
  const [first, ...others] = mistakes
    .sort((a, b) => a.line - b.line)
    .map((one) => describeMistake(file, one));
  if (others.length === 0) throw usage(first ?? `${file} cannot be read`);
  for (const line of [first, ...others]) log.warn(line ?? '');
  throw usage(`${file} has ${mistakes.length} mistakes`, 'They are in the lines above.');
}

/** `walk.yaml:12: setup.image-uri is required` */
function describeMistake(file: string, { line, key, message }: FileMistake): string {
  return `${file}:${line}: ${key === '' ? '' : `${key} `}${message}`;
}

/** Settings that a message names, as the file calls them. */
function asKeys(message: string): string {
  return message.replace(/`([a-z][A-Za-z0-9.]*)`/g, (_, name: string) => dashed(name));
}

function readText(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw usage(`the file of the walk cannot be read: ${messageOf(error)}`, 'Give its path with --file.');
  }
  if (text.length <= LARGEST_FILE) return text;
  throw usage(
    `${file} is too large for the file of a walk`,
    'Give a YAML file; the documentation has an example.',
  );
}

/** The alignment and the check, as the file wants them. The bucket's region is the bucket's own. */
function engineOf({ aws, align, verify }: WalkValues, session: Session): WalkEngine {
  const { world, progress, signal, log } = session;
  const given = readS3Options({ ...aws, region: undefined });
  const s3 = given === undefined ? {} : { s3: given };
  const onProgress = progress.report.bind(progress);
  const { 'target-layout': targetLayout, 'num-output-files': numOutputFiles, memory, concurrency } = align;
  const { deep, 'world-size': worldSize, threads, memory: deepMemory } = verify;
  return {
    verify: (inputPrefix, names) => world.engine.verifyPrefix({ inputPrefix, ...names, ...s3, signal }),
    align: (inputPrefix) =>
      world.engine.repartition({
        inputPrefix,
        ...s3,
        ...(targetLayout !== undefined && { targetLayout }),
        ...(numOutputFiles !== undefined && { numOutputFiles }),
        ...(memory !== undefined && { memory }),
        ...(concurrency !== undefined && { concurrency }),
        ...(align.recount && { recount: true }),
        signal,
        log,
        onProgress,
      }),
    check: (inputPrefix) =>
      world.engine.verifyPrefix({
        inputPrefix,
        ...s3,
        ...(deep && { deep }),
        ...(worldSize !== undefined && { worldSize }),
        ...(threads !== undefined && { threads }),
        ...(deepMemory !== undefined && { memory: deepMemory }),
        signal,
        onProgress,
      }),
  };
}
