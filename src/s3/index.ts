/** Alignment inside a bucket: the storage interface on S3, where copied ranges never leave the bucket. */
export { parseS3Url } from './keys.js';
export { readS3Options, type S3Options } from './options.js';
export { openS3Storage, s3Kind, type S3Location } from './s3-storage.js';
