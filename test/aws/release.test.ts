import { expect, it } from 'vitest';
import { releaseFor, releaseWarning } from '../../src/aws/index.js';
import { readTag } from '../../src/aws/release.js';

it.each([
  ['0.2.2-x86_64', { version: '0.2.2', architecture: 'X86_64' }],
  ['0.4.1-arm64', { version: '0.4.1', architecture: 'ARM64' }],
  ['0.4.1-arm64-bert', { version: '0.4.1', architecture: 'ARM64' }],
  ['latest-x86_64', { architecture: 'X86_64' }],
  ['0.5.1', { version: '0.5.1' }],
  ['my-own', {}],
  [undefined, {}],
])('the tag %s', (tag, expected) => {
  expect(readTag(tag)).toEqual(expected);
});

it.each([
  ['0.2.1', 'emr-6.11.0'],
  ['0.2.2', 'emr-6.13.0'],
  ['0.3.0', 'emr-7.0.0'],
  ['0.3.1', 'emr-7.1.0'],
  ['0.4.0', 'emr-7.3.0'],
  ['0.4.1', 'emr-7.3.0'],
  ['0.4.2', 'emr-7.8.0'],
  ['0.5.0', 'emr-7.9.0'],
  ['0.5.1', 'emr-7.10.0'],
  ['9.9.9', undefined],
  ['constructor', undefined],
])('GSProcessing %s fits %s', (version, release) => {
  expect(releaseFor(version)).toBe(release);
});

it.each([
  ['0.2.2', 'emr-6.13.0', undefined],
  ['0.2.2', 'emr-6.13.0-20230906', undefined],
  [
    '0.2.2',
    'emr-6.15.0',
    'GSProcessing 0.2.2 is built on emr-6.13.0, which does not fit the release label emr-6.15.0',
  ],
  [
    '0.3.1',
    'emr-7.10.0',
    'GSProcessing 0.3.1 is built on emr-7.1.0, which does not fit the release label emr-7.10.0',
  ],
  [
    '9.9.9',
    'emr-7.0.0',
    'GSProcessing 9.9.9 is not among the versions known here: make sure that its image is built on emr-7.0.0',
  ],
  [
    undefined,
    'emr-7.0.0',
    "the image's tag does not tell its GSProcessing version: make sure that it is built on emr-7.0.0",
  ],
])('GSProcessing %s on %s', (version, label, warning) => {
  expect(releaseWarning(version, label)).toBe(warning);
});
