/**
 * The whole walk: tables go up, what jobs need is set up, the job is started and waited for, the graph is aligned and
 * verified. What is done already is found by looking: at objects, roles, applications, jobs, and at the graph itself. So a
 * walk that was stopped, or failed, goes on where it is when it is called again, from any machine.
 */
import { throwIfAborted } from '../../errors.js';
import type { AwsSession } from '../session.js';
import type { WalkCallOptions, WalkReport, WalkStep } from './model.js';
import { WALK_STEPS, type WalkSettings } from './settings.js';
import { STEPS } from './steps.js';

/**
 * Walks, or tells what a walk would do.
 * @throws RepartitionError as the step that fails: `usage`, `not-found`, `access`, `aws`, `job`, `storage`, `changed`,
 *   `interrupted`; `mismatch` when the graph fails its verification. The same call goes on.
 *
 * @example
 * ```ts no-run
 * import { repartition, verifyPrefix } from 'gs-repartition';
 * import { AwsSession, runWalk } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * const verify = (inputPrefix: string) => verifyPrefix({ inputPrefix });
 * const { steps } = await runWalk(
 *   session,
 *   {
 *     inputPrefix: 's3://graphs/tables',
 *     outputPrefix: 's3://graphs/graph',
 *     configFilename: 'config.json',
 *     upload: { from: 'tables' },
 *     setup: { imageUri: '123456789012.dkr.ecr.us-east-1.amazonaws.com/graphstorm:0.2.2-x86_64' },
 *     submit: { entryPoint: 'graphstorm_processing/distributed_executor.py' },
 *   },
 *   { engine: { verify, check: verify, align: (inputPrefix) => repartition({ inputPrefix }) } },
 * );
 * for (const { step, state, detail } of steps) console.log(step, state, detail);
 * ```
 */
export async function runWalk(
  session: AwsSession,
  settings: WalkSettings,
  call: WalkCallOptions,
): Promise<WalkReport> {
  const steps: WalkStep[] = [];
  const walk = { session, settings, call, found: {} };
  for (const step of WALK_STEPS) {
    throwIfAborted(call.signal);
    const outcome = { step, ...(await STEPS[step](walk)) };
    steps.push(outcome);
    call.onStep?.(outcome);
    if (step === call.until || outcome.state === 'not-aligned') break;
  }
  const { inputPrefix, outputPrefix } = settings;
  const isAligned = steps.every(({ state }) => state !== 'not-aligned');
  return {
    document: 'gs-repartition/run',
    version: 1,
    status: call.dryRun ? 'planned' : isAligned ? 'succeeded' : 'not-aligned',
    inputPrefix,
    outputPrefix,
    steps,
  };
}
