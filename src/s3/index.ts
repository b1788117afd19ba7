/** Alignment inside a bucket: the storage interface on S3, where copied ranges never leave the bucket. */
export { isS3Url, parseS3Url } from './keys.js';
export { readS3Options, type S3Options } from './options.js';
export { minimalPolicy, type PolicyDocument, type PolicyOptions } from './policy.js';
export { openS3Storage } from './s3-storage.js';
