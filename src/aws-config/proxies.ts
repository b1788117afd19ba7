/**
 * Which proxy a URL is reached through, by the rules of Python's `urllib`, which the AWS command line follows: also where
 * they differ from other programs'. https://docs.python.org/3/library/urllib.request.html#urllib.request.getproxies
 */
import { RepartitionError } from '../errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param env where `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` stand, in capitals or small letters; small ones outrank capitals
 * @returns the proxy's URL, perhaps with user and password; `undefined` for none
 * @throws RepartitionError `usage` when the variable is not a URL
 */
export function proxyFor(url: URL, env: Environment = process.env): URL | undefined {
  const name = `${url.protocol.replace(':', '')}_proxy`;
  const given = variable(env, name);
  if (!given || isBypassed(url, variable(env, 'no_proxy') ?? '')) return undefined;
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given.replace(/^\/\//, '')}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy !== undefined && /^https?:$/.test(proxy.protocol)) return proxy;
  // It is not shown, for it may hold a password.
  throw new RepartitionError('usage', `${name.toUpperCase()} is not the URL of a proxy for HTTP`, {
    hint: 'Write it as http://host:port.',
  });
}

/** Whether any proxy is set, for whatever URL. */
export function hasProxies(env: Environment = process.env): boolean {
  return ['http_proxy', 'https_proxy'].some((name) => variable(env, name));
}

/** A proxy as it may be shown. */
export function shownProxy({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

function variable(env: Environment, name: string): string | undefined {
  return (env[name] ?? env[name.toUpperCase()])?.trim();
}

function isBypassed({ hostname, port }: URL, noProxy: string): boolean {
  if (noProxy === '*') return true;
  return noProxy
    .split(',')
    .map((item) => item.trim().toLowerCase().replace(/^\.+/, ''))
    .filter((item) => item !== '')
    .some((item) =>
      [hostname, `${hostname}:${port}`].some((one) => one === item || one.endsWith(`.${item}`)),
    );
}
