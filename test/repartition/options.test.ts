import { describe, expect, test } from 'vitest';
import type { RepartitionOptions } from '../../src/repartition/api.js';
import {
  requireOptions,
  requireVerifyOptions,
  resumeCommand,
  runSettings,
} from '../../src/repartition/options.js';

describe('the command that resumes a run', () => {
  test('says what was said, and no defaults', () => {
    const options = { inputPrefix: '/data/my graph', inputMetadataFileName: 'metadata.json', recount: true };
    expect(resumeCommand(options)).toBe("gs-repartition --input-prefix '/data/my graph' --recount");
  });

  test('has nobody pay who did not say so', () => {
    for (const requesterPays of [false, undefined]) {
      expect(resumeCommand({ inputPrefix: 's3://b/g', s3: { requesterPays } })).not.toContain(
        'requester-pays',
      );
    }
  });

  test('says which S3', () => {
    const s3 = { endpointUrl: 'http://127.0.0.1:9000', pathStyle: true, requesterPays: true, maxAttempts: 3 };
    expect(resumeCommand({ inputPrefix: 's3://bucket/graph', numOutputFiles: 4, s3 })).toBe(
      'gs-repartition --input-prefix s3://bucket/graph --num-output-files 4 ' +
        '--endpoint-url http://127.0.0.1:9000 --path-style True --requester-pays --max-attempts 3',
    );
  });
});

describe('options that contradict each other or make no sense', () => {
  const inputPrefix = '/data';
  const cases: [string, RepartitionOptions, string][] = [
    ['two layouts', { inputPrefix, numOutputFiles: 2, targetLayout: 'most-frequent' }, 'exclude each other'],
    [
      'no output files',
      { inputPrefix, numOutputFiles: 0 },
      '`numOutputFiles` must be a whole number above 0, not 0',
    ],
    [
      'half a thread',
      { inputPrefix, concurrency: 0.5 },
      '`concurrency` must be a whole number above 0, not 0.5',
    ],
    [
      'metadata over themselves',
      { inputPrefix, updatedMetadataFileName: 'metadata.json' },
      'overwrite its input',
    ],
    [
      'metadata outside the prefix',
      { inputPrefix, inputMetadataFileName: '../x.json' },
      'a file inside the prefix',
    ],
    [
      'metadata over the status',
      { inputPrefix, updatedMetadataFileName: 'repartition_status.json' },
      'status',
    ],
  ];
  for (const [name, options, message] of cases) {
    test(`${name}: a usage error`, () => {
      expect(() => {
        requireOptions(options);
        runSettings(options);
      }).toThrow(
        expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) as string }),
      );
    });
  }
});

describe('options that a program without types may give', () => {
  const cases: [string, unknown, string][] = [
    ['none at all', undefined, 'the options must be an object'],
    ['no prefix', {}, '`inputPrefix` is required'],
    ['an empty prefix', { inputPrefix: '' }, '`inputPrefix` is required'],
    ['a prefix that is no text', { inputPrefix: 7 }, '`inputPrefix` must be a text, not 7'],
    ['an option there is not', { inputPrefix: 'x', targetlayout: 'x' }, 'there is no option targetlayout'],
    [
      'a layout there is not',
      { inputPrefix: 'x', targetLayout: 'fewest' },
      '`targetLayout` must be one of fewest-bytes, most-frequent, not "fewest"',
    ],
    ['a text for a number', { inputPrefix: 'x', concurrency: '4' }, '`concurrency` must be a whole number'],
    [
      'a word for a switch',
      { inputPrefix: 'x', recount: 'yes' },
      '`recount` must be true or false, not "yes"',
    ],
    [
      'a controller for its signal',
      { inputPrefix: 'x', signal: new AbortController() },
      'must be an AbortSignal',
    ],
  ];
  for (const [name, options, message] of cases) {
    test(`${name}: a usage error`, () => {
      expect(() => requireOptions(options as RepartitionOptions)).toThrow(
        expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) as string }),
      );
    });
  }

  test('an option of the alignment is none of the verification', () => {
    const options = { inputPrefix: 'x', recount: true };
    expect(() => requireVerifyOptions(options)).toThrow('there is no option recount');
  });
});
