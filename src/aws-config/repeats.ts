/** Which requests a client sends again, and why: the SDK does that without a word. */
import { isNameless } from './nameless.js';

/** A request that is about to be sent again. */
interface Repeat {
  /** As the service calls it, such as `GetObject`. */
  operation: string;
  /** What the command was given. */
  input: object;
  /** With its port, where it is not the usual one. */
  host: string;
  /** From 2. */
  attempt: number;
  /** What became of the attempt before. */
  failure: unknown;
  /** Since then. */
  milliseconds: number;
}

/** What became of a request so far, for attempts that somebody makes by other means than one call of the SDK's client. */
export class Attempts {
  private sent = 0;
  private last: { failure: unknown; at: number } | undefined;

  /** Notes one that failed. */
  failed(failure: unknown): void {
    this.sent++;
    this.last = { failure, at: performance.now() };
  }

  /** @returns what to say of the attempt that leaves now; `undefined` of the first */
  next(): Pick<Repeat, 'attempt' | 'failure' | 'milliseconds'> | undefined {
    if (!this.last) return undefined;
    const { failure, at } = this.last;
    this.last = undefined;
    return { attempt: this.sent + 1, failure, milliseconds: Math.round(performance.now() - at) };
  }

  /** @returns the command, which goes on from here when it is sent */
  goOn<C extends object>(command: C): C {
    // Who has lost nothing need not pay for that.
    if (this.sent > 0) {
      const mark = (next: unknown, context: object): unknown => (earlier.set(context, this), next);
      (command as Stacked).middlewareStack.add(mark, { step: 'initialize' });
    }
    return command;
  }
}

/** By what the SDK calls the context of a request. */
const earlier = new WeakMap<object, Attempts>();

/** What the SDK's clients and commands of all services have; their types differ in what they take and give. */
interface Stacked {
  middlewareStack: { add(middleware: unknown, options: object): void };
}

interface Args {
  input: object;
  request: { hostname: string; port?: number };
}
type Next = (args: Args) => Promise<unknown>;

/** Calls back at each attempt but the first. */
export function followRepeats(client: object, onRepeat: (repeat: Repeat) => void): void {
  (client as Stacked).middlewareStack.add(
    (next: Next, context: { commandName?: string }): Next => {
      const own = new Attempts();
      return async (args) => {
        const attempts = earlier.get(context) ?? own;
        const repeat = attempts.next();
        if (repeat) {
          const { hostname, port } = args.request;
          onRepeat({
            ...repeat,
            operation: (context.commandName ?? '').replace(/Command$/, ''),
            input: args.input,
            host: port === undefined ? hostname : `${hostname}:${port}`,
          });
        }
        try {
          return await next(args);
        } catch (error) {
          attempts.failed(error);
          throw error;
        }
      };
    },
    // Inside the SDK's retries, which sit at high priority of the same step.
    { step: 'finalizeRequest', priority: 'low', name: 'followRepeats' },
  );
}

/**
 * `request sent again: GetObject of s3://graphs/a at 127.0.0.1:9000, attempt 2 after 214 ms (HTTP 503, SlowDown: Please
 * reduce your request rate)`. Of the answer only status, code and words.
 * @param what the request is about, if that is known
 */
export function describeRepeat(
  { operation, host, attempt, failure, milliseconds }: Repeat,
  what = '',
): string {
  const about = what === '' ? '' : ` of ${what}`;
  return `request sent again: ${operation}${about} at ${host}, attempt ${attempt} after ${milliseconds} ms (${reasonOf(failure)})`;
}

function reasonOf(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  const { name, message, code, $metadata } = failure as Error & {
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  const status = $metadata?.httpStatusCode;
  const isAnswer = status !== undefined;
  const named = !isAnswer && typeof code === 'string' && !message.includes(code) ? code : name;
  const words = [named, message.trim().replace(/\.$/, '')].filter((word) => !isNameless(word));
  const said = [...new Set(words)].join(': ');
  return [...(isAnswer ? [`HTTP ${status}`] : []), ...(said === '' ? [] : [said])].join(', ') || name;
}
