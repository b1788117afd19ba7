import { describe, expect, test } from 'vitest';
import type { RepartitionOptions, VerifyOptions } from '../../src/repartition/api.js';
import { groups, lateCommands } from '../../src/cli/commands/index.js';
import { manualPage } from '../../src/cli/manual.js';
import { attempt, ready, summary, type Surroundings } from './try.js';

/** What the engine is asked for; without the parts that are functions or signals. */
async function asked(
  line: string,
  env: Surroundings['env'] = {},
): Promise<Partial<RepartitionOptions & VerifyOptions>> {
  let options: Partial<RepartitionOptions & VerifyOptions> | undefined;
  const tried = await attempt(line, {
    env,
    engine: {
      repartition: (given) => {
        options = given;
        return Promise.resolve(summary);
      },
      verifyPrefix: (given) => {
        options = given;
        return Promise.resolve(ready);
      },
    },
  });
  if (!options) throw new Error(`the engine was not asked: ${tried.stderr}`);
  const { signal, onProgress, log, ...plain } = { log: undefined, ...options };
  expect([signal, onProgress]).not.toContain(undefined);
  // Verification has nothing to say but its report.
  expect(log === undefined).toBe(line.startsWith('verify'));
  return plain;
}

describe('options of a run', () => {
  test('have the defaults of GraphStorm’s command', async () => {
    expect(await asked('--input-prefix /data/graph')).toEqual({
      inputPrefix: '/data/graph',
      inputMetadataFileName: 'metadata.json',
      updatedMetadataFileName: 'updated_row_counts_metadata.json',
      recount: false,
    });
  });

  test('reach the engine', async () => {
    const line =
      '--input-prefix s3://bucket/graph --input-metadata-file-name m.json --updated-metadata-file-name u.json ' +
      '--target-layout most-frequent --recount --concurrency 3 --log-level ERROR';
    expect(await asked(line)).toEqual({
      inputPrefix: 's3://bucket/graph',
      inputMetadataFileName: 'm.json',
      updatedMetadataFileName: 'u.json',
      targetLayout: 'most-frequent',
      recount: true,
      concurrency: 3,
    });
  });

  test('can be written with an equals sign', async () => {
    expect(await asked('--input-prefix=/data/graph --num-output-files=16')).toMatchObject({
      inputPrefix: '/data/graph',
      numOutputFiles: 16,
    });
  });

  test.each([
    '--input-p /g --num-out 3 --rec',
    '--input_prefix /g --num_output_files 3 --recount',
    '--input_p=/g --num_o=3 --recount',
  ])('%s is understood, as argparse would', async (line) => {
    expect(await asked(line)).toMatchObject({ inputPrefix: '/g', numOutputFiles: 3, recount: true });
  });

  test('a value that looks like a shortened option or a command is a value', async () => {
    expect((await asked('--input-pre verify --input-metadata my_file')).inputPrefix).toBe('verify');
    expect((await asked('--input-prefix=--rec')).inputPrefix).toBe('--rec');
  });

  test('what several options begin with names them', async () => {
    expect(await attempt('--input /g')).toMatchObject({
      code: 2,
      stderr:
        'gs-repartition: --input may be --input-prefix or --input-metadata-file-name. Write more of it.\n',
    });
    // What GraphStorm's own command has is meant rather than what is new here.
    expect((await attempt('--input-prefix /g --log ERROR')).stderr).toBe('');
    // Of other commands' options none is meant.
    expect((await asked('verify --input-prefix /g --con 3')).concurrency).toBe(3);
  });

  test('a file may be named as a shell completes it', async () => {
    const { inputMetadataFileName } = await asked(
      '--input-prefix /g --input-metadata-file-name ./metadata.json',
    );
    expect(inputMetadataFileName).toBe('./metadata.json');
  });

  test('--metadata-file-name is the older name of --input-metadata-file-name', async () => {
    const options = await asked('--input-prefix /data/graph --metadata-file-name old.json');
    expect(options.inputMetadataFileName).toBe('old.json');
  });

  test.each(['True', 'true', 'TRUE', '1', 'False', 'false', '0', 'yes', 'no', 'whatever'])(
    '--streaming-repartitioning %s is accepted, and says that every run streams',
    async (value) => {
      const { code, stderr } = await attempt(`--input-prefix /g --streaming-repartitioning ${value}`);
      expect(code).toBe(0);
      expect(stderr).toContain('--streaming-repartitioning changes nothing: every run streams');
    },
  );

  test.each(['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL', 'debug', 'Warning'])(
    '--log-level %s is accepted',
    async (level) => {
      expect((await attempt(`--input-prefix /g --log-level ${level}`)).code).toBe(0);
    },
  );

  test('a flag may be repeated', async () => {
    expect((await asked('--input-prefix /g --recount --recount')).recount).toBe(true);
  });

  test('a folder named like a number stays text', async () => {
    expect((await asked('--input-prefix 007')).inputPrefix).toBe('007');
  });
});

describe('options of verify', () => {
  test('have defaults', async () => {
    expect(await asked('verify --input-prefix /data/graph')).toEqual({
      inputPrefix: '/data/graph',
    });
  });

  test('reach the engine', async () => {
    const line =
      'verify --input-prefix /data/graph --metadata-file-name metadata.json --concurrency 9 --deep ' +
      '--world-size 8 --threads 3';
    expect(await asked(line)).toEqual({
      inputPrefix: '/data/graph',
      metadataFileName: 'metadata.json',
      concurrency: 9,
      deep: true,
      worldSize: 8,
      threads: 3,
    });
  });

  test('have the names that they have in a run', async () => {
    const line = 'verify --input-prefix /data/graph --input-metadata-file-name metadata.json';
    expect((await asked(line)).metadataFileName).toBe('metadata.json');
  });
});

describe('options for S3', () => {
  test('reach the S3 room under its own names', async () => {
    const line =
      '--input-prefix s3://bucket/graph --region eu-west-1 --profile me --endpoint-url http://localhost:9000 ' +
      '--path-style False --sse aws:kms --sse-kms-key-id key --expected-bucket-owner 123456789012 ' +
      '--requester-pays --max-attempts 3 --max-concurrent-requests 4 --s3-checksums when-required';
    const s3 = {
      region: 'eu-west-1',
      profile: 'me',
      endpointUrl: 'http://localhost:9000',
      pathStyle: false,
      sse: 'aws:kms',
      sseKmsKeyId: 'key',
      expectedBucketOwner: '123456789012',
      requesterPays: true,
      maxAttempts: 3,
      maxConcurrentRequests: 4,
      s3Checksums: 'when-required',
    };
    expect((await asked(line)).s3).toEqual(s3);
    expect((await asked(`verify ${line}`)).s3).toEqual(s3);
  });
});

describe('options from the environment', () => {
  test('stand in for any option', async () => {
    const env = {
      GS_REPARTITION_INPUT_PREFIX: '/from/env',
      GS_REPARTITION_INPUT_METADATA_FILE_NAME: 'env.json',
      GS_REPARTITION_UPDATED_METADATA_FILE_NAME: 'env-updated.json',
      GS_REPARTITION_NUM_OUTPUT_FILES: '4',
      GS_REPARTITION_CONCURRENCY: '2',
      GS_REPARTITION_RECOUNT: '1',
    };
    expect(await asked('', env)).toEqual({
      inputPrefix: '/from/env',
      inputMetadataFileName: 'env.json',
      updatedMetadataFileName: 'env-updated.json',
      numOutputFiles: 4,
      concurrency: 2,
      recount: true,
    });
  });

  test('yield to the command line, and beat the defaults', async () => {
    const env = {
      GS_REPARTITION_INPUT_PREFIX: '/from/env',
      GS_REPARTITION_INPUT_METADATA_FILE_NAME: 'env.json',
    };
    expect(await asked('--input-prefix /from/line', env)).toMatchObject({
      inputPrefix: '/from/line',
      inputMetadataFileName: 'env.json',
    });
    expect(await asked('--input-prefix /g --metadata-file-name line.json', env)).toMatchObject({
      inputMetadataFileName: 'line.json',
    });
  });

  test('serve verify too', async () => {
    const env = { GS_REPARTITION_INPUT_PREFIX: '/from/env', GS_REPARTITION_METADATA_FILE_NAME: 'env.json' };
    expect(await asked('verify', env)).toEqual({ inputPrefix: '/from/env', metadataFileName: 'env.json' });
  });

  test('of the other command neither matter nor worry', async () => {
    const { code, stderr } = await attempt('verify --input-prefix /g --no-progress', {
      env: {
        GS_REPARTITION_RECOUNT: 'true',
        GS_REPARTITION_NUM_OUTPUT_FILES: 'x',
        GS_REPARTITION_JOB_RUN_ID: 'y',
      },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test.each(['1', 'true', 'TRUE', 'yes', 'on'])('switch a flag on with %s', async (value) => {
    const env = { GS_REPARTITION_RECOUNT: value };
    expect((await asked('--input-prefix /g', env)).recount).toBe(true);
  });

  test.each(['0', 'false', 'no', 'off', ''])('leave a flag off with "%s"', async (value) => {
    const env = { GS_REPARTITION_RECOUNT: value };
    expect((await asked('--input-prefix /g', env)).recount).toBe(false);
  });

  test('that are empty count as unset', async () => {
    const { code, stderr } = await attempt('', { env: { GS_REPARTITION_INPUT_PREFIX: '' } });
    expect(code).toBe(2);
    expect(stderr).toContain('--input-prefix is required');
  });

  test('that are wrong are named', async () => {
    const { code, stderr } = await attempt('--input-prefix /g', {
      env: { GS_REPARTITION_CONCURRENCY: 'many' },
    });
    expect(code).toBe(2);
    expect(stderr).toBe(
      'gs-repartition: GS_REPARTITION_CONCURRENCY must be a whole number of at least 1, not "many".\n',
    );
  });

  test('that are flags and wrong are named', async () => {
    const { code, stderr } = await attempt('--input-prefix /g', { env: { GS_REPARTITION_RECOUNT: 'maybe' } });
    expect(code).toBe(2);
    expect(stderr).toBe('gs-repartition: GS_REPARTITION_RECOUNT must be 1 or 0, not "maybe".\n');
  });

  test('that no option has are warned about, and the run goes on', async () => {
    const { code, stderr } = await attempt('--input-prefix /g', {
      env: { GS_REPARTITION_INPUT_PREFX: '/x' },
    });
    expect(code).toBe(0);
    expect(stderr).toContain('WARN: GS_REPARTITION_INPUT_PREFX is no option of ours and changes nothing');
  });
});

test('help names commands as they name themselves', async () => {
  for (const late of lateCommands) {
    const { name, argument } = await late.load();
    expect([name, argument]).toEqual([late.name, late.argument]);
  }
});

// The bundle counts letters where yargs would measure them (scripts/bundle.mjs).
test('whatever help says takes a column a letter', async () => {
  expect((await manualPage()).replace(/[\n -~’…]/g, '')).toBe('');
});

test('help lists the commands of a group that there are, and no others', async () => {
  for (const { name, words, load } of groups) {
    expect((await load()).map((command) => command.name)).toEqual(words.map((word) => `${name} ${word}`));
  }
});

describe('mistakes on the command line', () => {
  const cases: [string, string][] = [
    ['', '--input-prefix is required. See gs-repartition --help.'],
    ['verify', '--input-prefix is required. See gs-repartition verify --help.'],
    ['--input-prefx /g', 'unknown option --input-prefx. Did you mean --input-prefix?'],
    ['--input-prefx=/g', 'unknown option --input-prefx. Did you mean --input-prefix?'],
    ['--input-prefix /g --tarket most-frequent', 'unknown option --tarket. See gs-repartition --help.'],
    ['--input-prefix /g --colour', 'unknown option --colour. See gs-repartition --help.'],
    ['--input-prefix /g -json', 'unknown option -json. Did you mean --json?'],
    ['--input-prefix /g -x', 'unknown option -x. See gs-repartition --help.'],
    ['--input-prefix /g --no-recount', 'unknown option --no-recount. See gs-repartition --help.'],
    [
      'verify --input-prefix /g --recount',
      'unknown option --recount. gs-repartition and gs-repartition plan have it.',
    ],
    ['verfy --input-prefix /g', 'unknown command verfy. Did you mean verify?'],
    ['submit', 'unexpected argument "submit". Did you mean emr-serverless submit or sagemaker submit?'],
    [
      '--input-prefix /a /b',
      'unexpected argument "/b". Every option takes one value; see gs-repartition --help.',
    ],
    [
      'verify --input-prefix /a /b',
      'unexpected argument "/b". Every option takes one value; see gs-repartition verify --help.',
    ],
    ['--input-prefix /a --input-prefix /b', '--input-prefix was given more than once.'],
    [
      '--input-prefix /a --metadata-file-name b --input-metadata-file-name c',
      '--input-metadata-file-name was given more than once.',
    ],
    ['--input-prefix', '--input-prefix needs a value. See gs-repartition --help.'],
    ['--input-prefix --recount', '--input-prefix needs a value. See gs-repartition --help.'],
    ['--input-prefix=', '--input-prefix must not be empty.'],
    ['--input-prefix /g --concurrency 0', '--concurrency must be a whole number of at least 1, not "0".'],
    [
      '--input-prefix /g --num-output-files -3',
      '--num-output-files must be a whole number of at least 1, not "-3".',
    ],
    [
      '--input-prefix /g --num-output-files 1.5',
      '--num-output-files must be a whole number of at least 1, not "1.5".',
    ],
    [
      '--input-prefix /g --num-output-files x',
      '--num-output-files must be a whole number of at least 1, not "x".',
    ],
    [
      '--input-prefix /g --num-output-files 1e3',
      '--num-output-files must be a whole number of at least 1, not "1e3".',
    ],
    [
      '--input-prefix /g --target-layout big',
      '--target-layout must be one of fewest-bytes, most-frequent, not "big".',
    ],
    [
      '--input-prefix /g --log-level LOUD',
      '--log-level must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, not "LOUD".',
    ],
    [
      '--input-prefix /g --target-layout fewest-bytes --num-output-files 3',
      '--target-layout and --num-output-files exclude each other. Give one of them.',
    ],
  ];
  test.each(cases)('`%s` is one line: %s', async (line, message) => {
    expect(await attempt(line)).toEqual({
      code: 2,
      stdout: '',
      stderr: `gs-repartition: ${message}\n`,
      exits: [],
    });
  });

  test('are a document too with --json', async () => {
    const { code, stdout, stderr } = await attempt('--json --input-prefx /g');
    expect(code).toBe(2);
    expect(stderr).toBe('gs-repartition: unknown option --input-prefx. Did you mean --input-prefix?\n');
    expect(JSON.parse(stdout)).toEqual({
      document: 'gs-repartition/error',
      version: 1,
      status: 'failed',
      error: { code: 'usage', message: 'unknown option --input-prefx', hint: 'Did you mean --input-prefix?' },
    });
  });
});

describe('help', () => {
  test('shows every option, examples and exit codes', async () => {
    const { code, stdout, stderr } = await attempt('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const option of [
      '--input-prefix',
      '--streaming-repartitioning',
      '--input-metadata-file-name',
      '--updated-metadata-file-name',
      '--log-level',
      '--target-layout',
      '--num-output-files',
      '--recount',
      '--concurrency',
      '--json',
      '--no-progress',
    ]) {
      expect(stdout).toMatch(new RegExp(`${option}[ ,]`));
    }
    expect(stdout).toContain('gs-repartition --input-prefix /data/graph ');
    expect(stdout).toContain('GS_REPARTITION_INPUT_PREFIX');
    expect(stdout).toMatch(/ 0 .*success/);
    expect(stdout).toMatch(/ 1 .*failure/);
    expect(stdout).toMatch(/ 2 .*usage error/);
    expect(stdout).toMatch(/ 130 .*interrupted/);
  });

  test('of a command shows its own options and examples', async () => {
    const { code, stdout } = await attempt('verify -h');
    expect(code).toBe(0);
    expect(stdout).toContain('gs-repartition verify --input-prefix /data/graph ');
    expect(stdout).toContain('--metadata-file-name');
    expect(stdout).not.toContain('--recount');
  });

  test('comes also when variables are set', async () => {
    const { code, stdout } = await attempt('--help', { env: { GS_REPARTITION_CONCURRENCY: '2' } });
    expect(code).toBe(0);
    expect(stdout).toContain('--input-prefix');
  });

  test('--version is the package’s', async () => {
    const { code, stdout } = await attempt('--version');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
