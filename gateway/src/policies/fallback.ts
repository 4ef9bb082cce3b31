import { failureCodeOf } from '../cache/failing.ts';
import { WatchingSink } from '../cache/watching-sink.ts';
import { answerWhole } from '../cache/whole-answer.ts';
import type { FallbackSettings } from '../config/route-settings.ts';
import type { Exchange } from '../exchange.ts';
import type { Handler, Policy } from '../policy.ts';
import { problems } from './problems.ts';

/** What answers for a service that cannot. `stale` is the cache's own. */
export type FallbackTarget =
  | Extract<FallbackSettings, { kind: 'static' }>
  | Readonly<{ kind: 'service'; service: string; forward: Handler }>;

export type FallbackDeps = Readonly<{
  clock: Readonly<{ monotonic(): number }>;
  /** The service says 503 on purpose: that is its answer. */
  waits: boolean;
  onFallback: (kind: FallbackTarget['kind']) => void;
}>;

/** What a last try that ended with a status counts as. */
const statusCode = 'bad_gateway';
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
    const mayHelp = (exchange: Exchange, code: string): boolean => {
      if (exchange.gone || exchange.response.headersSent) return false;
      if (target.kind === 'static') return true;
      if (exchange.body.kind === 'stream' && exchange.body.wasRead()) return false;
      if (exchange.endsAtMs <= deps.clock.monotonic()) return false;
      return safeTwice.has(exchange.method) || unsent.has(code);
    };

    const forward = target.kind === 'service' ? problems(target.forward) : undefined;
    const help: Help = (exchange, code) => {
      exchange.errorCode = code;
      exchange.answeredBy = 'fallback';
      deps.onFallback(target.kind);
      if (target.kind === 'static') {
        answerWhole(exchange, exchange.sink, toStaticAnswer(target));
        return;
      }
      exchange.answerHeaders.push(header, target.service);
      exchange.attempts = 0;
      exchange.tried = undefined;
      exchange.door = undefined;
      forward?.(exchange);
    };

    const rules = { mayHelp, help, waits: deps.waits };
    return function fallBack(exchange) {
      new FallbackSink(exchange, rules);
      return next(exchange);
    };
  };

type Help = (exchange: Exchange, code: string) => void;

type FallbackRules = Readonly<{
  mayHelp: (exchange: Exchange, code: string) => boolean;
  help: Help;
  waits: boolean;
}>;

const isFailure = (status: number, waits: boolean): boolean =>
  status === 502 || status === 504 || (status === 503 && !waits);

const toStaticAnswer = ({ status, body, contentType }: Extract<FallbackTarget, { kind: 'static' }>) => ({
  status,
  headers: ['Content-Type', contentType, 'Cache-Control', 'no-store', header, 'static'],
  body: Buffer.from(body),
});

/** Swallows the failure of a service, and helps when it has ended. */
class FallbackSink extends WatchingSink {
  private isReplaced = false;
  private readonly rules: FallbackRules;

  constructor(exchange: Exchange, rules: FallbackRules) {
    super(exchange);
    this.rules = rules;
  }

  head(status: number, headers: string[]): void {
    const { mayHelp, waits } = this.rules;
    this.isReplaced = isFailure(status, waits) && mayHelp(this.exchange, statusCode);
    if (!this.isReplaced) this.begin(status, headers);
  }

  data(chunk: Buffer, isGiven?: boolean): boolean {
    return this.isReplaced || this.outer.data(chunk, isGiven);
  }

  end(): void {
    if (this.isReplaced) this.helpSoon();
    else this.outer.end();
  }

  breakOff(): void {
    if (this.isReplaced) this.helpSoon();
    else this.outer.breakOff();
  }

  protected hasAnswerFor(thrown: unknown): boolean {
    const code = failureCodeOf(thrown);
    if (code === undefined || !this.rules.mayHelp(this.exchange, code)) return false;
    this.rules.help(this.exchange, code);
    return true;
  }

  /** In a turn of its own: the failed try is just ending. */
  private helpSoon(): void {
    const { exchange, rules } = this;
    this.leave();
    queueMicrotask(() => {
      if (!exchange.gone) rules.help(exchange, statusCode);
    });
  }
}
