/** Whether AWS would take what we send: every request that came to the front, judged by botocore's models. */
import { PythonWorker } from '../support/python-worker.js';
import type { Incoming } from './wire.js';

export interface Judgement {
  /** How often which operation was asked for, as `ecr:DescribeImages`. */
  operations: Record<string, number>;
  complaints: string[];
}

const botocore = new PythonWorker('botocore', 'botocore_judge.py');

/** Whether the tests' Python has what it takes: not 3.9. */
export async function canJudge(): Promise<boolean> {
  return (await botocore.call('canJudge', {})) as boolean;
}

export async function judge(requests: readonly Incoming[]): Promise<Judgement> {
  const sent = requests.map(({ service, method, url, headers, body }) => ({
    ...{ service, method, url, headers },
    body: body.toString('base64'),
  }));
  return (await botocore.call('judge', { requests: sent })) as Judgement;
}

/** Fails with what AWS would not take. */
export async function requireValid(requests: readonly Incoming[]): Promise<void> {
  if (!(await canJudge())) return;
  const { complaints } = await judge(requests);
  if (complaints.length > 0) throw new Error(`AWS would refuse:\n${complaints.join('\n')}`);
}
