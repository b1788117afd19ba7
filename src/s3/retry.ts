import { AdaptiveRetryStrategy, DefaultRateLimiter, StandardRetryStrategy } from '@smithy/core/retry';

type Strategy = AdaptiveRetryStrategy | StandardRetryStrategy;
type Token = Parameters<AdaptiveRetryStrategy['recordSuccess']>[0];
type ErrorInfo = Parameters<AdaptiveRetryStrategy['refreshRetryTokenForRetry']>[1];

/**
 * Requests per second that are always allowed where there is a rate. The SDK's own floor is one request in two seconds, which
 * a short burst of 503s would hold a whole run to.
 */
const LOWEST_RATE = 10;

/**
 * The SDK's retries, with one difference: each request has its attempts to itself. The SDK lets all requests of a client
 * draw on one allowance, so that a network down for a second fails some of them at their first repetition; since the requests
 * in flight are capped (`Throttle`) there is no storm to fear.
 *
 * There is no rate unless it is asked for. The SDK's adaptive one takes three tenths of it away for each request that is
 * refused, so that a hundred that were on their way together bring it to its floor, and then it takes ten seconds to grow. The
 * cap does the same job, once for all of them, and the one that is refused waits longer each time.
 */
export class PatientRetries {
  /** Of all requests, where it is asked for. */
  private readonly rateLimiter = new DefaultRateLimiter({ minFillRate: LOWEST_RATE });
  private readonly strategies = new WeakMap<Token, Strategy>();

  /** @param mode `adaptive` has a rate: for who asks for it by `retry_mode` */
  constructor(
    private readonly maxAttempts: number,
    readonly mode: 'adaptive' | 'standard' = 'standard',
  ) {}

  async acquireInitialRetryToken(scope: string): Promise<Token> {
    const { maxAttempts, rateLimiter } = this;
    const strategy =
      this.mode === 'standard'
        ? new StandardRetryStrategy(maxAttempts)
        : new AdaptiveRetryStrategy(maxAttempts, { maxAttempts, rateLimiter });
    return this.remember((await strategy.acquireInitialRetryToken(scope)) as Token, strategy);
  }

  async refreshRetryTokenForRetry(token: Token, error: ErrorInfo): Promise<Token> {
    const strategy = this.strategyOf(token);
    return this.remember((await strategy.refreshRetryTokenForRetry(token, error)) as Token, strategy);
  }

  recordSuccess(token: Token): void {
    this.strategyOf(token).recordSuccess(token);
  }

  private remember(token: Token, strategy: Strategy): Token {
    this.strategies.set(token, strategy);
    return token;
  }

  private strategyOf(token: Token): Strategy {
    const strategy = this.strategies.get(token);
    if (strategy === undefined) throw new Error('a retry token that is not ours');
    return strategy;
  }
}
