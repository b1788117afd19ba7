import { describe, expect, test } from 'vitest';
import { resumeCommand, runSettings } from '../../src/repartition/options.js';

describe('the command that resumes a run', () => {
  test('says what was said, and no defaults', () => {
    const options = { inputPrefix: '/data/my graph', inputMetadataFileName: 'metadata.json', recount: true };
    expect(resumeCommand(options)).toBe("gs-repartition --input-prefix '/data/my graph' --recount");
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
  const cases: [string, Parameters<typeof runSettings>[0], string][] = [
    ['two layouts', { inputPrefix, numOutputFiles: 2, targetLayout: 'most-frequent' }, 'exclude each other'],
    [
      'no output files',
      { inputPrefix, numOutputFiles: 0 },
      '--num-output-files must be a whole number above 0',
    ],
    ['half a thread', { inputPrefix, concurrency: 0.5 }, '--concurrency must be a whole number above 0'],
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
      expect(() => runSettings(options)).toThrow(message);
    });
  }
});
