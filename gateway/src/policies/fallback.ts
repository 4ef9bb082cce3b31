import { toAppError } from '@gatehouse/errors';
import { answerProblem } from '../answer.ts';
import type { AnswerSink, SinkExchange } from '../cache/answer-sink.ts';
import { failureCodeOf } from '../cache/failing.ts';
import { answerWhole } from '../cache/whole-answer.ts';
import type { FallbackSettings } from '../config/route-settings.ts';
import type { Handler, Policy } from '../policy.ts';

/** What answers for a service that cannot. `stale` is the cache's own. */
export type FallbackTarget =
  | Extract<FallbackSettings, { kind: 'static' }>
  | Readonly<{ kind: 'service'; service: string; forward: Handler }>;

export type FallbackDeps = Readonly<{
  clock: Readonly<{ monotonic(): number }>;
  /** The service says 503 on purpose: that is its answer. */
  waits: boolean;
  toResponse: (exchange: SinkExchange) => AnswerSink;
  onFallback: (kind: FallbackTarget['kind']) => void;
}>;

const header = 'X-Gatehouse-Fallback';
const safeTwice = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** Refused here, or never connected: the service has seen nothing of the request. */
const unsent = new Set(['circuit_open', 'overloaded', 'service_unavailable']);

/**
 * Answers when the service cannot (breaker open, no instance, too much to do, all tries failed) and the client has
 * nothing yet: with what the configuration says, or by another service, which gets the request once and falls back
 * on nobody. `X-Gatehouse-Fallback` says so. What may have been done already is not done a second time elsewhere.
 */
export const fallback =
  (target: FallbackTarget, deps: FallbackDeps): Policy =>
  (next) => {
    const mayHelp = (exchange: SinkExchange, code: string): boolean => {
      if (exchange.gone || exchange.response.headersSent) return false;
      if (target.kind === 'static') return true;
      if (exchange.body.kind === 'stream' && exchange.body.wasRead()) return false;
      if (exchange.endsAtMs <= deps.clock.monotonic()) return false;
      return safeTwice.has(exchange.method) || unsent.has(code);
    };

    const help = (exchange: SinkExchange, code: string): Promise<void> | void => {
      exchange.errorCode = code;
      deps.onFallback(target.kind);
      if (target.kind === 'static') {
        answerWhole(exchange, toStaticAnswer(target));
        return;
      }
      exchange.answerHeaders.push(header, target.service);
      exchange.attempts = 0;
      exchange.tried = undefined;
      return target.forward(exchange);
    };

    return function fallBack(given) {
      const exchange = given as SinkExchange;
      const outer = exchange.sink ?? deps.toResponse(exchange);
      exchange.sink = new FallbackSink(outer, {
        replaces: (status) => isFailure(status, deps.waits) && mayHelp(exchange, 'bad_gateway'),
        help: () => {
          exchange.sink = outer;
          // In a turn of its own: the failed try is just ending.
          queueMicrotask(() => answerOrTell(exchange, () => help(exchange, 'bad_gateway')));
        },
      });
      const helpInstead = (error: unknown): Promise<void> | void => {
        exchange.sink = outer;
        const code = failureCodeOf(error);
        if (code === undefined || !mayHelp(exchange, code)) throw error;
        return help(exchange, code);
      };
      try {
        return next(exchange)?.catch(helpInstead);
      } catch (error) {
        return helpInstead(error);
      }
    };
  };

const isFailure = (status: number, waits: boolean): boolean =>
  status === 502 || status === 504 || (status === 503 && !waits);

/** Nobody is left above to turn a failure into an answer. */
const answerOrTell = (exchange: SinkExchange, answer: () => Promise<void> | void): void => {
  const tell = (error: unknown): void => answerProblem(exchange, toAppError(error));
  try {
    void answer()?.catch(tell);
  } catch (error) {
    tell(error);
  }
};

const toStaticAnswer = ({ status, body, contentType }: Extract<FallbackTarget, { kind: 'static' }>) => ({
  status,
  headers: ['Content-Type', contentType, 'Cache-Control', 'no-store', header, 'static'],
  body: Buffer.from(body),
});

type Replacement = Readonly<{ replaces: (status: number) => boolean; help: () => void }>;

/** Swallows the failure of a service, and asks for help when it has ended. */
class FallbackSink implements AnswerSink {
  private isReplaced = false;
  private readonly outer: AnswerSink;
  private readonly replacement: Replacement;

  constructor(outer: AnswerSink, replacement: Replacement) {
    this.outer = outer;
    this.replacement = replacement;
  }

  head(status: number, headers: string[]): void {
    this.isReplaced = this.replacement.replaces(status);
    if (!this.isReplaced) this.outer.head(status, headers);
  }

  data(chunk: Buffer): boolean {
    return this.isReplaced || this.outer.data(chunk);
  }

  end(): void {
    if (this.isReplaced) this.replacement.help();
    else this.outer.end();
  }

  breakOff(): void {
    if (this.isReplaced) this.replacement.help();
    else this.outer.breakOff();
  }
}
