import { describe, expect, it } from 'vitest';
import { driverLogUrl, furtherCommands, outputPrefixOf, startJobRunRequest } from '../../src/aws/index.js';
import type { JobSettings } from '../../src/aws/index.js';
import { lastErrorLines } from '../../src/aws/job-logs.js';
import { judgeDates } from '../../src/aws/output-check.js';

const settings: JobSettings = {
  applicationId: '00abc',
  executionRoleArn: 'arn:aws:iam::123456789012:role/r',
  entryPoint: 's3://bucket/emr-serverless-scripts/distributed_executor.py',
  clientToken: 'token',
  inputPrefix: 's3://bucket/gsprocessing-input',
  outputPrefix: 's3://bucket/gsprocessing/emr-s/small-graph/-1files/',
  configFilename: 'gconstruct-config.json',
};

describe('the document that starts a job', () => {
  it('is the guide’s for the guide’s example', () => {
    const job = { ...settings, graphName: 'small-graph', jobName: 'gsprocessing-emr-s-example' };
    expect(startJobRunRequest(job)).toEqual({
      applicationId: '00abc',
      clientToken: 'token',
      executionRoleArn: 'arn:aws:iam::123456789012:role/r',
      name: 'gsprocessing-emr-s-example',
      jobDriver: {
        sparkSubmit: {
          entryPoint: 's3://bucket/emr-serverless-scripts/distributed_executor.py',
          entryPointArguments: [
            '--input-prefix',
            's3://bucket/gsprocessing-input',
            '--output-prefix',
            's3://bucket/gsprocessing/emr-s/small-graph/-1files/',
            '--config-filename',
            'gconstruct-config.json',
            '--num-output-files',
            '-1',
            '--graph-name',
            'small-graph',
            '--do-repartition',
            'true',
          ],
        },
      },
    });
  });

  it('carries every argument of GSProcessing, and what is passed through', () => {
    const { jobDriver } = startJobRunRequest({
      ...settings,
      numOutputFiles: 4,
      doRepartition: false,
      addReverseEdges: false,
      logLevel: 'DEBUG',
      extraArguments: ['--new-argument', 'a b'],
    });
    expect(jobDriver?.sparkSubmit?.entryPointArguments?.slice(6)).toEqual([
      '--num-output-files',
      '4',
      '--do-repartition',
      'false',
      '--add-reverse-edges',
      'false',
      '--log-level',
      'DEBUG',
      '--new-argument',
      'a b',
    ]);
  });

  it('carries Spark’s parameters, logs and a time limit', () => {
    const request = startJobRunRequest({
      ...settings,
      sparkConf: { 'spark.executor.memory': '8g', 'spark.driver.extraJavaOptions': '-Da="b" -Dc=d' },
      sparkSubmitParameters: ' --conf spark.executor.cores=4 ',
      logUri: 's3://bucket/logs/',
      logGroup: '/emr/logs',
      timeoutMinutes: 90,
    });
    expect(request.jobDriver?.sparkSubmit?.sparkSubmitParameters).toBe(
      '--conf spark.executor.memory=8g ' +
        String.raw`--conf "spark.driver.extraJavaOptions=-Da=\"b\" -Dc=d" ` +
        '--conf spark.executor.cores=4',
    );
    expect(request.configurationOverrides).toEqual({
      monitoringConfiguration: {
        s3MonitoringConfiguration: { logUri: 's3://bucket/logs/' },
        cloudWatchLoggingConfiguration: { enabled: true, logGroupName: '/emr/logs' },
      },
    });
    expect(request.executionTimeoutMinutes).toBe(90);
  });

  it('refuses a key that is not one', () => {
    expect(() => startJobRunRequest({ ...settings, sparkConf: { 'a b': 'c' } })).toThrow(
      "not a key of Spark's configuration: a b",
    );
  });
});

it.each([
  [['--output-prefix', 's3://b/o'], 's3://b/o'],
  [['--output-prefix=s3://b/o'], 's3://b/o'],
  [['--input-prefix', 's3://b/o'], undefined],
])('reads the output prefix of %s', (entryPointArguments, expected) => {
  expect(outputPrefixOf({ jobDriver: { sparkSubmit: { entryPoint: 'e', entryPointArguments } } })).toBe(
    expected,
  );
});

describe('what a dead job’s log says', () => {
  const noise = Array.from({ length: 50 }, (_, i) => `24/01/01 00:00:00 INFO Something: ${i}`);

  it('the last traceback with its exception, and not what Spark says after it', () => {
    const log = [
      ...noise,
      'Traceback (most recent call last):',
      '  File "/tmp/old.py", line 1, in <module>',
      'OldError: not this one',
      ...noise,
      'Traceback (most recent call last):',
      '  File "/tmp/distributed_executor.py", line 7, in <module>',
      '    main()',
      'RuntimeError: Unable to download config file',
      '24/01/01 00:00:01 INFO ShutdownHookManager: Shutdown hook called',
      '',
    ].join('\n');
    expect(lastErrorLines(log)).toEqual([
      'Traceback (most recent call last):',
      '  File "/tmp/distributed_executor.py", line 7, in <module>',
      '    main()',
      'RuntimeError: Unable to download config file',
    ]);
  });

  it('without a traceback, the last error and what follows', () => {
    const log = [...noise, '24/01/01 00:00:00 ERROR SparkContext: out of memory', '  at a.b.C', ''].join(
      '\n',
    );
    expect(lastErrorLines(log)).toEqual([
      '24/01/01 00:00:00 ERROR SparkContext: out of memory',
      '  at a.b.C',
    ]);
  });

  it('of a deep traceback the end', () => {
    const frames = Array.from({ length: 90 }, (_, i) => `  File "f.py", line ${i}, in f`);
    const lines = lastErrorLines(
      ['Traceback (most recent call last):', ...frames, 'RecursionError: too deep'].join('\n'),
    );
    expect(lines).toHaveLength(20);
    expect(lines.at(-1)).toBe('RecursionError: too deep');
  });

  it('otherwise the last lines; nothing of an empty log', () => {
    expect(lastErrorLines(noise.join('\n'))).toEqual(noise.slice(-20));
    expect(lastErrorLines('')).toEqual([]);
  });

  it('is where the service puts it, and the commands to look further say so', () => {
    const job = {
      applicationId: '00abc',
      jobRunId: '00job',
      configurationOverrides: {
        monitoringConfiguration: { s3MonitoringConfiguration: { logUri: 's3://b/logs/' } },
      },
    };
    expect(driverLogUrl(job as never, 'stderr')).toBe(
      's3://b/logs/applications/00abc/jobs/00job/SPARK_DRIVER/stderr.gz',
    );
    expect(furtherCommands(job as never, 'us-east-1')).toEqual([
      'gs-repartition emr-serverless status --application-id 00abc --job-run-id 00job --region us-east-1',
      'aws emr-serverless get-job-run --application-id 00abc --job-run-id 00job --region us-east-1',
      'aws s3 cp s3://b/logs/applications/00abc/jobs/00job/SPARK_DRIVER/stderr.gz - | gunzip | tail -n 200',
    ]);
    const way = { profile: 'my graphs', endpointUrl: 'http://host:5000' };
    const words = "--profile 'my graphs' --endpoint-url http://host:5000";
    expect(furtherCommands(job as never, 'us-east-1', way)).toEqual([
      `gs-repartition emr-serverless status --application-id 00abc --job-run-id 00job --region us-east-1 ${words}`,
      `aws emr-serverless get-job-run --application-id 00abc --job-run-id 00job --region us-east-1 ${words}`,
      `aws s3 cp s3://b/logs/applications/00abc/jobs/00job/SPARK_DRIVER/stderr.gz - ${words} | gunzip | tail -n 200`,
    ]);
  });
});

describe('whether a job wrote its output', () => {
  const start = new Date('2024-05-01T12:00:00.700Z');
  const before = new Date('2024-05-01T11:59:59Z');
  // S3 tells whole seconds: this may have been written up to a second after the start.
  const sameSecond = new Date('2024-05-01T12:00:00Z');
  const after = new Date('2024-05-01T12:10:00Z');
  const judge = (metadata?: Date, updated?: Date): unknown =>
    judgeDates('s3://b/o', { metadata, updated }, start);

  it('both files after the start: it did', () => {
    expect(judge(after, after)).toEqual({ aligned: true });
    expect(judge(sameSecond, sameSecond)).toEqual({ aligned: true });
  });

  it('no updated metadata: not aligned', () => {
    expect(judge(after)).toEqual({
      aligned: false,
      reason: 'the job left no updated_row_counts_metadata.json',
    });
  });

  it('updated metadata from before the start: a leftover', () => {
    expect(judge(after, before)).toEqual({
      aligned: false,
      reason:
        'updated_row_counts_metadata.json is a leftover of 2024-05-01T11:59:59.000Z, older than the job',
    });
  });

  it('no metadata at all, or old ones: the job wrote elsewhere', () => {
    expect(() => judge()).toThrow('the job succeeded, but left no metadata.json under s3://b/o');
    expect(() => judge(before, after)).toThrow(
      'the job succeeded, but did not write the metadata.json under s3://b/o',
    );
  });
});
