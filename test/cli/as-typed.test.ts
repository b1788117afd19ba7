import { expect, test } from 'vitest';
import { asTyped } from '../../src/cli/as-typed.js';

const FLAGS = ['num-output-files', 's3-input-prefix', 'sagemaker-role', 'sagemaker-instance-type'];

test.each([
  ['`numOutputFiles` must be 1', '--num-output-files must be 1'],
  ['give `s3InputPrefix`', 'give --s3-input-prefix'],
  ['give `sagemaker.role`', 'give --sagemaker-role'],
  ['another `instanceType`', 'another --sagemaker-instance-type'],
  ['is it there? `listApplications` tells', 'is it there? `gs-repartition emr-serverless list` tells'],
  ['Look: `listApplications`', 'Look: gs-repartition emr-serverless list'],
  [
    "Align it: `repartition({ inputPrefix: 's3://b/p' })`.",
    'Align it: gs-repartition --input-prefix s3://b/p.',
  ],
  [
    "Align it: `repartition({ inputPrefix: 's3://b/it\\'s', updatedMetadataFileName: 'u.json', s3: { profile: 'a b', maxAttempts: 3, pathStyle: true, requesterPays: true } })`.",
    "Align it: gs-repartition --input-prefix 's3://b/it'\\''s' --updated-metadata-file-name u.json --profile 'a b' --max-attempts 3 --path-style True --requester-pays.",
  ],
  ['for example `aws sso login`', 'for example `aws sso login`'],
  // An option that the command does not have, and what only looks like a function of ours.
  ['`targetLayout` and `constructor`', '`targetLayout` and `constructor`'],
])('%s', (said, typed) => {
  expect(asTyped(said, FLAGS)).toBe(typed);
});
