import type { S3Client } from '@aws-sdk/client-s3';

/** S3 refuses what was signed more than 15 minutes from its own time; the SDK holds less than this to be no error. */
const WRONG_BY_MS = 240_000;

/**
 * Has a request signed anew that S3 refused for its time. The SDK sets its clock by the answer, but then goes on only
 * if its new clock is not the machine's own: when the machine's clock has been set right during a run, all that is
 * under way would fail, a HEAD even as "access denied", for its answer has no body to say why.
 */
export function followClock(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const { $metadata, $response } = error as Refusal;
        const wrongBy = Math.abs(
          signedAt(args.request as Signed) - Date.parse($response?.headers?.['date'] ?? ''),
        );
        if ($metadata?.httpStatusCode === 403 && wrongBy >= WRONG_BY_MS) $metadata.clockSkewCorrected = true;
        throw error;
      }
    },
    // After the request was signed, inside the SDK's retries: they look at the mark.
    { step: 'finalizeRequest', priority: 'low', name: 'followClock' },
  );
}

interface Signed {
  headers: Record<string, string | undefined>;
}

/** What the SDK's errors have beside their public shape. */
interface Refusal {
  $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean };
  $response?: { headers?: Record<string, string | undefined> };
}

/**
 * `x-amz-date`, as in 20260131T235959Z, in milliseconds; NaN without it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
function signedAt({ headers }: Signed): number {
  const text = headers['x-amz-date'] ?? '';
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
