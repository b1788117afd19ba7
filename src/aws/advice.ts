/** What a person is advised to do next, with the way to AWS that the session was told: without it, it would be another account. */
import { typedWords } from '../aws-config/words.js';
import type { AwsSession } from './session.js';

/** What `aws s3` is told after all else, with a space before it; a bucket's region it finds by itself. */
export function bucketWords({ options: { profile, endpointUrl } }: AwsSession): string {
  return typedWords({ profile, endpointUrl });
}

/** Shows what a SageMaker job has logged. */
export async function logCommand(session: AwsSession, jobName: string): Promise<string> {
  const log = '/aws/sagemaker/ProcessingJobs';
  return `aws logs tail ${log} --log-stream-name-prefix ${jobName}${await session.wayWords()}`;
}

/** A call of ours about a prefix, as a program writes it; the command line shows it as it is typed. */
export function callFor(
  session: AwsSession,
  name: 'repartition' | 'verifyPrefix',
  options: Readonly<Record<string, string | undefined>>,
): string {
  const s3 = session.s3Options();
  const all = { ...options, ...(Object.keys(s3).length > 0 && { s3 }) };
  return `\`${name}(${literal(all)})\``;
}

/** `{ inputPrefix: 's3://graphs/a', s3: { maxAttempts: 3 } }` */
function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value.replace(/['\\]/g, '\\$&')}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  const pairs = Object.entries(value).filter(([, one]) => one !== undefined);
  return `{ ${pairs.map(([key, one]) => `${key}: ${literal(one)}`).join(', ')} }`;
}
