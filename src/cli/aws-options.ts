/** Options of the commands that talk to AWS beside S3, and what they mean. */
import { type AwsOptions, AwsSession, type JobEngine } from '../aws/index.js';
import { interrupted, RepartitionError } from '../errors.js';
import type { Session } from './command.js';
import { alignCommand } from './align-advice.js';
import { BadValue, type Option, text } from './options.js';
import { readS3Options, s3Options } from './s3-options.js';

export const awsOptions = {
  ...s3Options,
  region: text('The AWS region (as environment or profile say unless given)'),
  'endpoint-url': text('Another server than those of AWS, for all services, such as http://host:5000'),
};

export function readAwsOptions(values: Readonly<Record<string, unknown>>): AwsOptions {
  const { region, profile, endpointUrl, ...s3 } = readS3Options(values) ?? {};
  return { region, profile, endpointUrl, s3 };
}

/** Runs `work` with a session that is closed afterwards. */
export async function withAws<T>(
  values: Readonly<Record<string, unknown>>,
  work: (aws: AwsSession) => Promise<T>,
): Promise<T> {
  const aws = new AwsSession(readAwsOptions(values));
  try {
    return await work(aws);
  } finally {
    await aws.close();
  }
}

/** The alignment for prefixes that a job wrote. Its bucket's region is the bucket's own. */
export function jobEngine(
  { world, progress, signal, log }: Session,
  values: Readonly<Record<string, unknown>>,
): JobEngine {
  const given = readS3Options({ ...values, region: undefined });
  const s3 = given === undefined ? {} : { s3: given };
  return {
    verify: (inputPrefix, asked) => world.engine.verifyPrefix({ inputPrefix, ...asked, ...s3, signal }),
    align: async (inputPrefix) => {
      try {
        const onProgress = progress.report.bind(progress);
        return await world.engine.repartition({ inputPrefix, ...s3, signal, log, onProgress });
      } catch (error) {
        const failure = signal.aborted ? interrupted(signal) : error;
        if (!(failure instanceof RepartitionError)) throw failure;
        // The same command again would run the whole job again.
        const hint = `The job itself is done; go on with: ${alignCommand(inputPrefix, { ...values, region: undefined })}`;
        throw new RepartitionError(failure.code, failure.message, { hint, cause: failure.cause });
      } finally {
        progress.stop();
      }
    },
  };
}

/** `a,b` as a list. */
export function list(describe: string): Option<string[] | undefined> {
  const parse = (typed: string): string[] => {
    const items = typed.split(',').map((item) => item.trim());
    if (items.includes('')) throw new BadValue('must be names with commas between them');
    return items;
  };
  return { describe, parse };
}

/** A whole number of at least `least`. */
export function whole(describe: string, least: number): Option<number | undefined> {
  const parse = (typed: string): number => {
    const value = /^[-+]?\d+$/.test(typed.trim()) ? Number(typed) : NaN;
    if (!Number.isSafeInteger(value) || value < least) {
      throw new BadValue(`must be a whole number of at least ${least}`);
    }
    return value;
  };
  return { describe, parse };
}

/** `key=value` as a pair. */
export function pair(describe: string): Option<[string, string] | undefined> {
  const parse = (typed: string): [string, string] => {
    const at = typed.indexOf('=');
    if (at <= 0) throw new BadValue('must be key=value');
    return [typed.slice(0, at), typed.slice(at + 1)];
  };
  return { describe, parse };
}
