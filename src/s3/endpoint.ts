import { booleanSelector, loadConfig, SelectorType } from '@smithy/core/config';
import { RepartitionError } from '../errors.js';

/**
 * The server that the environment (`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`) or the profile's section of the shared
 * configuration names; `undefined` for AWS's own. The SDK's clients look into the section of `AWS_PROFILE` alone, so
 * that a profile chosen in another way would send its credentials to a server they are not for.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 * @throws RepartitionError `usage` when it is not a URL
 */
export async function configuredEndpoint(profile: string | undefined): Promise<string | undefined> {
  const settings = profile === undefined ? {} : { profile };
  if (await loadConfig(IGNORED, settings)()) return undefined;
  const endpoint = await loadConfig(ENDPOINT, settings)();
  if (endpoint === undefined || /^https?:$/.test(protocolOf(endpoint))) return endpoint;
  // It is not shown, for it may hold a password.
  throw new RepartitionError('usage', 'the S3 endpoint of the environment or the profile is not a URL', {
    hint: 'Write AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or endpoint_url as https://host:port.',
  });
}

type Selectors<T> = Parameters<typeof loadConfig<T>>[0];

const ENDPOINT: Selectors<string | undefined> = {
  environmentVariableSelector: (env) => env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'],
  configFileSelector: (profile, file) => {
    const services =
      profile['services'] === undefined ? undefined : file?.[`services.${profile['services']}`];
    return services?.['s3.endpoint_url'] ?? profile['endpoint_url'];
  },
  default: undefined,
};

const IGNORED: Selectors<boolean | undefined> = {
  environmentVariableSelector: (env) =>
    booleanSelector(env, 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', SelectorType.ENV),
  configFileSelector: (profile) =>
    booleanSelector(profile, 'ignore_configured_endpoint_urls', SelectorType.CONFIG),
  default: false,
};

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}
