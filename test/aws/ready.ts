/** What each test of a job begins with: an account in which nothing but the job is missing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Account, IMAGE } from './account.js';
import { aws } from './built.js';

export interface ReadyForJobs {
  /** With an image, `input/config.json` and an application. */
  account: Account;
  applicationId: string;
  /** With an entry point, and room for what else a test writes. */
  folder: string;
  entryPoint: string;
  close(): Promise<void>;
}

/** Starts the servers: to be closed. */
export async function readyForJobs(): Promise<ReadyForJobs> {
  const folder = mkdtempSync(join(tmpdir(), 'gs-jobs-'));
  const entryPoint = join(folder, 'entry.py');
  writeFileSync(entryPoint, 'pass\n');
  const account = await Account.open();
  await account.pushImage();
  await account.put('input/config.json', '{}');
  const session = new aws.AwsSession();
  const options = { bucket: account.bucket, imageUri: IMAGE };
  const { applicationId } = await aws.setupEmrServerless(session, options);
  await session.close();
  return {
    account,
    applicationId,
    folder,
    entryPoint,
    async close() {
      await account.close();
      rmSync(folder, { recursive: true });
    },
  };
}
