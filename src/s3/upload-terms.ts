/**
 * How a server wants multipart uploads. S3 is to be told at the start which checksums parts have; others know no such
 * thing, or take the checksum of a whole source for that of a range which was copied from it; some want all parts of one
 * size. So what a server wants is taken from its name where that tells, and else from what it refuses.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 * https://developers.cloudflare.com/r2/objects/multipart-objects/#limitations
 */
import type { ChecksumAlgorithm, ChecksumType, S3Client } from '@aws-sdk/client-s3';
import { failureOf, wantsEqualParts } from './errors.js';

/**
 * - `whole`: a CRC64NVME of the whole object, which S3 puts together from those of its parts
 * - `parts`: a CRC32 of each part, which are told once more when the upload ends
 * - `unnamed`: parts that go up have the checksum of the SDK, and nobody was told beforehand
 */
type Naming = 'whole' | 'parts' | 'unnamed';

/** How one upload goes: what its server wanted when it began. */
export interface UploadTerms {
  readonly checksums: Naming;
  /** All parts but the last have the same size. */
  readonly equalParts: boolean;
}

/** What CreateMultipartUpload says of checksums. */
export function announced({ checksums }: UploadTerms): {
  ChecksumAlgorithm?: ChecksumAlgorithm;
  ChecksumType?: ChecksumType;
} {
  if (checksums === 'whole') return { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'FULL_OBJECT' };
  return checksums === 'parts' ? { ChecksumAlgorithm: 'CRC32' } : {};
}

/** What a request with bytes says of them; the SDK's own choice is a CRC32. */
export function checksummed({ checksums }: UploadTerms): { ChecksumAlgorithm?: ChecksumAlgorithm } {
  return checksums === 'whole' ? { ChecksumAlgorithm: 'CRC64NVME' } : {};
}

/** What is known of one server. */
export class ServerTerms {
  /** Nothing has a checksum that need not. */
  isPlain = false;
  private wantsNames = false;
  private knowsNoNames = false;
  private wantsEqualParts: boolean;

  /** @param endpoint undefined: AWS's own */
  constructor(
    endpoint: string | undefined,
    private isAws = endpoint === undefined,
  ) {
    this.wantsEqualParts =
      endpoint !== undefined && /\.r2\.cloudflarestorage\.com$/i.test(new URL(endpoint).hostname);
  }

  /** Has the answers to a client tell whose they are: AWS also goes by names that companies give it. */
  listenTo(client: S3Client): void {
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { headers } = result.response as { headers?: Record<string, string | undefined> };
        if (headers?.['server'] === 'AmazonS3') this.isAws = true;
        return result;
      },
      // Where answers are not yet told from errors.
      { step: 'deserialize', priority: 'low', name: 'learnServer' },
    );
  }

  /** Whether it is AWS's S3, by whatever name. */
  get areAws(): boolean {
    return this.isAws;
  }

  get current(): UploadTerms {
    return { checksums: this.naming, equalParts: this.wantsEqualParts };
  }

  /** Whether the server may be told at the start which checksum an upload has. */
  get mayName(): boolean {
    return !this.isPlain && !this.knowsNoNames;
  }

  private get naming(): Naming {
    if (!this.mayName) return 'unnamed';
    if (this.isAws) return 'whole';
    return this.wantsNames ? 'parts' : 'unnamed';
  }

  /**
   * @param asked the terms of the upload that failed
   * @returns whether the server wants others, by which it may be begun again: once for each thing that a server can say
   */
  learnFrom(error: unknown, asked: UploadTerms): boolean {
    if (wantsEqualParts(error)) this.wantsEqualParts = true;
    else if (asked.checksums === 'unnamed') this.wantsNames ||= wantsNames(error);
    else this.knowsNoNames ||= knowsNoNames(error);
    const { checksums, equalParts } = this.current;
    return checksums !== asked.checksums || equalParts !== asked.equalParts;
  }

  /**
   * @param error of an upload that named a checksum
   * @returns whether the server knows no such names
   */
  learnNoNames(error: unknown): boolean {
    this.knowsNoNames ||= knowsNoNames(error);
    return this.knowsNoNames;
  }
}

const UNKNOWN = /not (?:implemented|supported|allowed|known)|unsupported|unknown|unrecognized|invalid/i;

/** A wrong checksum has other codes (BadDigest). */
function wantsNames(error: unknown): boolean {
  const { name, status, message } = failureOf(error);
  if (status !== 400 || !/^Invalid(Request|Argument)$/.test(name)) return false;
  return /checksum/i.test(message) && !UNKNOWN.test(message);
}

function knowsNoNames(error: unknown): boolean {
  const { status, message } = failureOf(error);
  return status === 501 || (status === 400 && /checksum/i.test(message) && UNKNOWN.test(message));
}
