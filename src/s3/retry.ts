import { AdaptiveRetryStrategy, DefaultRateLimiter, StandardRetryStrategy } from '@smithy/core/retry';

type Strategy = AdaptiveRetryStrategy | StandardRetryStrategy;
type Token = Parameters<AdaptiveRetryStrategy['recordSuccess']>[0];
type ErrorInfo = Parameters<AdaptiveRetryStrategy['refreshRetryTokenForRetry']>[1];

/**
 * Requests per second that are always allowed. The SDK's own floor is one request in two seconds, which a short
 * burst of 503s would hold a whole run to; the cap on requests in flight (`Throttle`) does the holding back here.
 */
const LOWEST_RATE = 10;

/**
 * The SDK's adaptive retries, with two differences: the rate has a floor, and each request has its attempts
 * to itself. The SDK lets all requests of a client draw on one allowance, so that a network down for a second
 * fails some of them at their first repetition; since the requests in flight are capped there is no storm to
 * fear.
 */
export class PatientRetries {
  private readonly rateLimiter = new DefaultRateLimiter({ minFillRate: LOWEST_RATE });
  private readonly strategies = new WeakMap<Token, Strategy>();

  /** @param mode `standard` has no rate: for who asks for it by `retry_mode` */
  constructor(
    private readonly maxAttempts: number,
    readonly mode: 'adaptive' | 'standard' = 'adaptive',
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
