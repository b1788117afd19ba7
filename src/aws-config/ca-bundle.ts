/** The certificates that stand for the authorities to trust, where environment or profile name a file of them. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { RepartitionError } from '../errors.js';
import type { Profile } from './profile.js';

/**
 * @returns certificates in PEM, to trust instead of those that Node.js brings; `undefined` where none are named
 * @throws RepartitionError `usage` when there is no such file, or no certificate in it
 * https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
 */
export async function caBundleOf({ section }: Profile): Promise<string | undefined> {
  const { AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE } = process.env;
  const places = [
    ['AWS_CA_BUNDLE', AWS_CA_BUNDLE],
    ['ca_bundle of the profile', section['ca_bundle']],
    ['REQUESTS_CA_BUNDLE', REQUESTS_CA_BUNDLE],
  ] as const;
  const [name, path] = places.find(([, value]) => value) ?? [];
  if (path === undefined) return undefined;
  const wrong = (what: string): RepartitionError =>
    new RepartitionError('usage', `the CA bundle ${path} (${name ?? ''}) ${what}`, {
      hint: 'Name a file of certificates in PEM, each between BEGIN CERTIFICATE and END CERTIFICATE.',
      path,
    });
  let pem: string;
  try {
    // A profile is read by no shell that would do it.
    pem = await readFile(path.replace(/^~(?=\/)/, homedir()), 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw wrong(
      code === 'ENOENT' ? 'is not there' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`,
    );
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw wrong('has no certificate in it');
  return pem;
}
