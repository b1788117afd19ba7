/** What a caller must be allowed. */

/** The permissions behind a call, as the front names it. */
export function permissionsOf(call: string): string[] {
  // Anyone may ask who they are.
  if (call === 'sts:GetCallerIdentity') return [];
  if (!call.startsWith('s3:')) return [call];
  const operation = call.slice('s3:'.length);
  if (/^(HeadBucket|ListObjects)$/.test(operation)) return ['s3:ListBucket'];
  if (operation === 'ListUploads') return ['s3:ListBucketMultipartUploads'];
  if (operation === 'ListParts') return ['s3:ListMultipartUploadParts'];
  if (/^(Head|Get)Object$/.test(operation)) return ['s3:GetObject'];
  if (operation.startsWith('DELETE')) {
    return [operation.includes('uploadId=') ? 's3:AbortMultipartUpload' : 's3:DeleteObject'];
  }
  return ['s3:PutObject'];
}
