/** Looking at roles. */
import { askFor } from './errors.js';
import { parsePolicy, type PolicyDocument } from './policies.js';
import type { AwsSession } from './session.js';

/** A role's ARN and who may take it on; `undefined` when there is no such role. */
export async function findRole(
  session: AwsSession,
  name: string,
  signal?: AbortSignal,
): Promise<{ arn: string; trust: PolicyDocument } | undefined> {
  const iam = await session.client('iam');
  const found = await askFor(`looking at the role ${name}`, () => iam.getRole({ RoleName: name }), signal);
  if (found?.Role?.Arn === undefined) return undefined;
  const trust = decodeURIComponent(found.Role.AssumeRolePolicyDocument ?? '');
  return { arn: found.Role.Arn, trust: parsePolicy(trust, `the trust policy of ${name}`) };
}
