/** The profile of the shared configuration files that is in force, and what it says. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { loadSharedConfigFiles } from '@smithy/core/config';
import { RepartitionError } from '../errors.js';
import { quoted } from '../quoted.js';
import { firstSet } from './first-set.js';

type Section = Readonly<Record<string, string | undefined>>;

export interface Profile {
  /** `undefined` where nobody names one: then it is the profile `default`, which need not be there. */
  name: string | undefined;
  /** Named to us, not by the environment: such a profile outranks keys of the environment. */
  isGiven: boolean;
  /** What configuration and credentials file say of it. */
  section: Section;
  /** The section of services that it refers to; keys are `s3.endpoint_url` and so on. `undefined` where it refers to none that is there. */
  services: Section | undefined;
}

/**
 * @param given the profile that an option names; otherwise `AWS_PROFILE` and `AWS_DEFAULT_PROFILE` do
 * @throws RepartitionError `usage` when a profile is named that the files do not have
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export async function readProfile(given: string | undefined): Promise<Profile> {
  const { AWS_PROFILE, AWS_DEFAULT_PROFILE } = process.env;
  const name = given ?? firstSet(AWS_PROFILE, AWS_DEFAULT_PROFILE);
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  const wanted = name ?? 'default';
  const isThere = Object.hasOwn(configFile, wanted) || Object.hasOwn(credentialsFile, wanted);
  if (!isThere && wanted !== 'default') {
    const named = given === undefined ? ` (${AWS_PROFILE ? 'AWS_PROFILE' : 'AWS_DEFAULT_PROFILE'})` : '';
    throw new RepartitionError(
      'usage',
      `there is no profile ${wanted}${named} in ${configPath()} or ${credentialsPath()}`,
      { hint: `Name one that is there, or make it: aws configure --profile ${quoted(wanted)}` },
    );
  }
  const section: Section = { ...configFile[wanted], ...credentialsFile[wanted] };
  const services = section['services'] === undefined ? {} : configFile[`services.${section['services']}`];
  return { name, isGiven: given !== undefined, section, services };
}

/** Where the configuration file is looked for. */
export function configPath(): string {
  return process.env['AWS_CONFIG_FILE'] ?? join(homedir(), '.aws', 'config');
}

function credentialsPath(): string {
  return process.env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(homedir(), '.aws', 'credentials');
}
