/**
 * The shell around us, as the AWS command line reads it: profile, credentials, region, servers, retries, proxies and
 * authorities, for the clients of all services.
 */
import { caBundleOf } from './ca-bundle.js';
import { credentialsOf } from './credentials.js';
import { type Profile, readProfile } from './profile.js';
import { requestHandler, type Sockets, withoutTls } from './request-handler.js';
import { endpointOf, pathStyleOf, regionOf, type Retries, retriesOf, type Service } from './settings.js';

export { Attempts, describeRepeat, followRepeats } from './repeats.js';
export { typedWords } from './words.js';

/** What an option says before any environment does. */
interface Given {
  profile?: string | undefined;
  region?: string | undefined;
  /** Another server than AWS's, for all services. */
  endpointUrl?: string | undefined;
}

/** The way to one service: plain data, but for the two that make a client. */
export interface Way {
  /** Nobody may have named one. */
  region: string | undefined;
  /** Another server than AWS's. */
  endpoint: string | undefined;
  retries: Retries;
  /** Whether a bucket of S3 stands in the path; the server decides where nobody says. */
  pathStyle: boolean | undefined;
  /** Certificates in PEM to trust instead of those that Node.js brings. */
  ca: string | undefined;
  /** For a client of the SDK; the rest of its configuration is the caller's. */
  client: {
    profile?: string;
    region?: string;
    endpoint?: string;
    /** Ours has been found out, for the right profile. */
    ignoreConfiguredEndpointUrls: true;
    credentials: ReturnType<typeof credentialsOf>;
    requestHandler: ReturnType<typeof requestHandler>;
  };
}

/**
 * Finds the way to a service; reads files, and asks nobody.
 * @throws RepartitionError `usage` for what environment or profile say and cannot be: a profile that is not there, a CA
 * bundle without certificates, an endpoint that is no URL
 */
export async function wayTo(service: Service, given: Given, sockets: Sockets): Promise<Way> {
  const profile = await readProfile(given.profile);
  const region = given.region ?? regionOf(profile);
  const endpoint = given.endpointUrl ?? endpointOf(service, profile);
  const { ca, handler } = await trusting(profile, sockets, {
    isPlain: endpoint?.startsWith('http:') === true,
  });
  const credentials = credentialsOf(profile, {
    requestHandler: handler,
    region,
    endpoints: { sts: given.endpointUrl ?? endpointOf('sts', profile), sso: endpointOf('sso', profile) },
  });
  return {
    region,
    endpoint,
    retries: retriesOf(profile),
    pathStyle: pathStyleOf(profile),
    ca,
    client: {
      ...(profile.name === undefined ? {} : { profile: profile.name }),
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ignoreConfiguredEndpointUrls: true,
      credentials,
      requestHandler: handler,
    },
  };
}

/**
 * @param how.isPlain the server has no certificate: a CA bundle that is none is an error only once somebody needs it
 * @throws RepartitionError `usage` as {@link caBundleOf}
 */
async function trusting(
  profile: Profile,
  sockets: Sockets,
  { isPlain }: { isPlain: boolean },
): Promise<{ ca: string | undefined; handler: ReturnType<typeof requestHandler> }> {
  try {
    const ca = await caBundleOf(profile);
    return { ca, handler: requestHandler(sockets, ca) };
  } catch (error) {
    if (!isPlain) throw error;
    return { ca: undefined, handler: withoutTls(requestHandler(sockets, undefined), error) };
  }
}
