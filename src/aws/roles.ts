/** Looking at roles. */
import { askFor, usage } from './errors.js';
import type { RoleName } from './names.js';
import { parsePolicy, type PolicyDocument } from './policies.js';
import type { AwsSession } from './session.js';

/**
 * A service takes on roles of the account that asks for it.
 * @throws RepartitionError `usage`
 */
export function requireOwn(role: RoleName, account: string): void {
  if (role.account === undefined || role.account === account) return;
  throw usage(
    `the role ${role.arn} is of account ${role.account}, but we are in ${account}`,
    'Use a role of this account, or other credentials (`profile`).',
  );
}

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
