/** How the SDK's clients reach a server: timeouts, sockets, the authorities to trust, proxies. */
import { Agent, type ClientRequest } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { hasProxies, proxyFor, shownProxy } from './proxies.js';

type Handle = NodeHttpHandler['handle'];
type Request = Parameters<Handle>[0];

export interface Sockets {
  connectionTimeout: number;
  /** A socket on which nothing moves for this long is given up. */
  socketTimeout: number;
  /** Per host. */
  maxSockets?: number;
  /** Requests over which a server may be silent for longer, and for how long. */
  patience?: { for: (request: Request) => boolean; socketTimeout: number };
}

/** @param ca certificates in PEM instead of Node's own */
export function requestHandler(sockets: Sockets, ca: string | undefined): PatientHandler | ProxyingHandler {
  return hasProxies() ? new ProxyingHandler(sockets, ca) : direct(sockets, ca);
}

/** The same handler, for which requests with TLS fail for a reason that was known before. */
export function withoutTls(
  handler: ReturnType<typeof requestHandler>,
  reason: unknown,
): ReturnType<typeof requestHandler> {
  const handle = handler.handle.bind(handler);
  handler.handle = async (request: Request, options?: Parameters<Handle>[1]): ReturnType<Handle> => {
    if (request.protocol === 'https:') throw reason;
    return handle(request, options);
  };
  return handler;
}

function direct(sockets: Sockets, ca: string | undefined): PatientHandler {
  const { http, tls } = agentOptions(sockets, ca);
  return new PatientHandler(sockets, { httpAgent: new Agent(http), httpsAgent: new TlsAgent(tls) });
}

/** Waits longer for the answers to some requests, on the same sockets. */
class PatientHandler extends NodeHttpHandler {
  private readonly patient: NodeHttpHandler;
  private readonly isSlow: (request: Request) => boolean;

  constructor(
    { connectionTimeout, socketTimeout, patience }: Sockets,
    agents: { httpAgent: Agent; httpsAgent: TlsAgent },
  ) {
    super({ connectionTimeout, socketTimeout, ...agents });
    this.isSlow = patience?.for ?? (() => false);
    const longer = patience?.socketTimeout ?? socketTimeout;
    this.patient = new NodeHttpHandler({ connectionTimeout, socketTimeout: longer, ...agents });
  }

  override handle(request: Request, options?: Parameters<Handle>[1]): ReturnType<Handle> {
    return this.isSlow(request) ? this.patient.handle(request, options) : super.handle(request, options);
  }
}

function agentOptions({ maxSockets }: Sockets, ca: string | undefined) {
  const http = { keepAlive: true, ...(maxSockets === undefined ? {} : { maxSockets }) };
  return { http, tls: { ...http, ...(ca === undefined ? {} : { ca }) } };
}

/** Asks for each request which proxy it goes through: a client meets more hosts than one, and `NO_PROXY` names hosts. */
class ProxyingHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  /** By the proxy's URL; the empty one is none. */
  private readonly handlers = new Map<string, Promise<PatientHandler>>();

  constructor(
    private readonly sockets: Sockets,
    private readonly ca: string | undefined,
  ) {}

  handle = async (request: Request, options?: Parameters<Handle>[1]): ReturnType<Handle> => {
    const proxy = proxyFor(urlOf(request));
    const handler = await this.handlerFor(proxy);
    try {
      return await handler.handle(request, options);
    } catch (error) {
      // For whoever tells of it: the host that cannot be reached is not the one of the request.
      if (proxy !== undefined && error instanceof Error) {
        const code = HUNG_UP.test(error.message) ? { code: 'ECONNRESET' } : {};
        Object.assign(error, { proxy: shownProxy(proxy), ...code });
      }
      throw error;
    }
  };

  destroy(): void {
    for (const handler of this.handlers.values()) void handler.then((one) => one.destroy());
    this.handlers.clear();
  }

  updateHttpClientConfig(): void {
    // Nothing of it may be changed afterwards.
  }

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  private handlerFor(proxy: URL | undefined): Promise<PatientHandler> {
    const name = proxy?.href ?? '';
    const known = this.handlers.get(name);
    if (known) return known;
    const made = proxy === undefined ? Promise.resolve(direct(this.sockets, this.ca)) : this.through(proxy);
    this.handlers.set(name, made);
    return made;
  }

  /** Through a tunnel to servers with TLS, otherwise by asking the proxy for the URL. */
  private async through(proxy: URL): Promise<PatientHandler> {
    const [{ HttpProxyAgent }, { HttpsProxyAgent }] = await Promise.all([
      import('http-proxy-agent'),
      import('https-proxy-agent'),
    ]);
    const { http, tls } = agentOptions(this.sockets, this.ca);
    const tunnels = new HttpsProxyAgent(proxy, tls);
    tunnels.on('proxyConnect', ({ statusCode, statusText }: ConnectReply, request: ClientRequest) => {
      if (statusCode !== 200) request.destroy(new ProxyRefused(`${statusCode} ${statusText}`));
    });
    // What the constructor is given is for the way to the proxy; this, for the way through it.
    Object.assign(tunnels.options, tls);
    const httpsAgent = tunnels as unknown as TlsAgent;
    return new PatientHandler(this.sockets, { httpAgent: new HttpProxyAgent(proxy, http), httpsAgent });
  }
}

/** What https-proxy-agent says, and gives no code, when the proxy closes the connection before it answers. */
const HUNG_UP = /^(Proxy connection ended|No header received)/;

interface ConnectReply {
  statusCode: number;
  statusText: string;
}

/** The proxy opens no tunnel. */
class ProxyRefused extends Error {
  override readonly name = 'ProxyRefused';
  constructor(readonly answer: string) {
    super(`the proxy answered ${answer}`);
  }
}

/** Where a request of the SDK goes, without its path. */
export function urlOf({ protocol, hostname, port }: Pick<Request, 'protocol' | 'hostname' | 'port'>): URL {
  return new URL(
    `${protocol}//${hostname.includes(':') ? `[${hostname}]` : hostname}${port ? `:${port}` : ''}`,
  );
}
