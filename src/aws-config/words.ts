/** What of the way to AWS a person is told to type again, for commands that we advise. */
import { quoted } from '../quoted.js';

/** Options that are the AWS command line's and ours. */
interface Typed {
  profile?: string | undefined;
  region?: string | undefined;
  endpointUrl?: string | undefined;
}

/** ` --region eu-west-1 --profile graphs`, with a space before each; empty where nothing was said. */
export function typedWords({ region, profile, endpointUrl }: Typed): string {
  const given = { region, profile, 'endpoint-url': endpointUrl };
  return Object.entries(given)
    .flatMap(([name, value]) => (value === undefined ? [] : [` --${name} ${quoted(value)}`]))
    .join('');
}
