/**
 * What the role of the machine that runs `gs-repartition` must be allowed to do, and no more. `ACTIONS` names the
 * permission behind every request this room sends; a test compares it with what is really sent.
 *
 * Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html and
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
 */

/** The permissions each S3 operation needs. */
export const ACTIONS = {
  HeadBucket: ['s3:ListBucket'],
  ListObjectsV2: ['s3:ListBucket'],
  HeadObject: ['s3:GetObject'],
  GetObject: ['s3:GetObject'],
  PutObject: ['s3:PutObject'],
  CreateMultipartUpload: ['s3:PutObject'],
  UploadPart: ['s3:PutObject'],
  UploadPartCopy: ['s3:PutObject', 's3:GetObject'],
  CompleteMultipartUpload: ['s3:PutObject'],
  AbortMultipartUpload: ['s3:AbortMultipartUpload'],
  DeleteObject: ['s3:DeleteObject'],
  ListParts: ['s3:ListMultipartUploadParts'],
  ListMultipartUploads: ['s3:ListBucketMultipartUploads'],
} as const satisfies Record<string, readonly string[]>;

export interface PolicyDocument {
  Version: '2012-10-17';
  Statement: { Sid: string; Effect: 'Allow'; Action: string[]; Resource: string[] }[];
}

export interface PolicyOptions {
  bucket: string;
  /** Without leading or trailing slash; empty for the whole bucket. */
  prefix: string;
  /** `aws`, `aws-cn`, `aws-us-gov`. Default `aws`. */
  partition?: string;
  /** The key that encrypts the objects, where a customer-managed one does. */
  kmsKeyArn?: string;
}

/**
 * The smallest IAM policy under which an alignment runs.
 *
 * `s3:ListBucket` is for the whole bucket: HeadBucket, which finds the region, names no prefix, and S3 answers
 * for a missing object with "not found" rather than "access denied" only to who may list the bucket.
 */
export function minimalPolicy({
  bucket,
  prefix,
  partition = 'aws',
  kmsKeyArn,
}: PolicyOptions): PolicyDocument {
  const arn = `arn:${partition}:s3:::${bucket}`;
  const objects = prefix === '' ? `${arn}/` : `${arn}/${prefix}/`;
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'FindTheGraph',
        Effect: 'Allow',
        Action: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
        Resource: [arn],
      },
      {
        Sid: 'ReadAndWriteParts',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
        Resource: [`${objects}*`],
      },
      {
        Sid: 'SayThatARunIsOver',
        Effect: 'Allow',
        Action: ['s3:DeleteObject'],
        Resource: [`${objects}repartition_runs/*`],
      },
      ...(kmsKeyArn === undefined
        ? []
        : [
            {
              Sid: 'UseTheKey',
              Effect: 'Allow' as const,
              Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
              Resource: [kmsKeyArn],
            },
          ]),
    ],
  };
}
