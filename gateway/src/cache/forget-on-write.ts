import type { Policy } from '../policy.ts';
import type { AnswerSink, SinkExchange } from './answer-sink.ts';
import { pathKey } from './cache-key.ts';
import type { CacheStore } from './cache-store.ts';
import { headerIn } from './own-headers.ts';

export type ForgetOnWriteDeps = Readonly<{
  store: Pick<CacheStore, 'forget'>;
  toResponse: (exchange: SinkExchange) => AnswerSink;
}>;

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A write makes what is stored of its path worthless, for every query and every caller, and so with the paths that its
 * answer names (RFC 9111 §4.4). Before the client has the answer: whoever reads after writing never finds what was before.
 * A write of unknown outcome counts as one; a refused one (4xx) has changed nothing.
 */
export const forgetOnWrite =
  ({ store, toResponse }: ForgetOnWriteDeps): Policy =>
  (next) => {
    const forget = (paths: ReadonlySet<string>): Promise<unknown> | undefined => {
      const pending = [...paths]
        .map((path) => store.forget(pathKey(path)))
        .filter((one) => one !== undefined);
      return pending.length === 0 ? undefined : Promise.all(pending);
    };

    return function watchWrite(given) {
      const exchange = given as SinkExchange;
      if (safeMethods.has(exchange.method)) return next(exchange);
      const { path } = exchange;
      const outer = exchange.sink ?? toResponse(exchange);
      exchange.sink = new WriteSink(outer, exchange, (status, headers) =>
        status >= 400 && status < 500 ? undefined : forget(pathsOf(path, exchange.message.host, headers)),
      );
      const forgetUnknown = (error: unknown): Promise<never> => {
        exchange.sink = outer;
        return Promise.resolve(exchange.attempts > 0 && store.forget(pathKey(path))).then(() => {
          throw error;
        });
      };
      try {
        return next(exchange)?.catch(forgetUnknown);
      } catch (error) {
        return forgetUnknown(error);
      }
    };
  };

/** Of the same host: what another host says of itself is not ours to believe. */
const pathsOf = (path: string, host: string | undefined, headers: readonly string[]): ReadonlySet<string> => {
  const paths = new Set([path]);
  for (const name of ['location', 'content-location']) {
    const named = headerIn(headers, name);
    const base = `http://${host ?? 'localhost'}${path}`;
    if (named === undefined || !URL.canParse(named, base)) continue;
    const url = new URL(named, base);
    if (url.host === new URL(base).host) paths.add(url.pathname);
  }
  return paths;
};

/** Holds an answer back until what it makes worthless is forgotten; a store in memory does that at once. */
class WriteSink implements AnswerSink {
  private held: (() => void)[] | undefined;
  private readonly outer: AnswerSink;
  private readonly exchange: SinkExchange;
  private readonly onHead: (status: number, headers: readonly string[]) => Promise<unknown> | undefined;

  constructor(outer: AnswerSink, exchange: SinkExchange, onHead: WriteSink['onHead']) {
    this.outer = outer;
    this.exchange = exchange;
    this.onHead = onHead;
  }

  head(status: number, headers: string[]): void {
    const forgotten = this.onHead(status, headers);
    if (forgotten === undefined) {
      this.outer.head(status, headers);
      return;
    }
    this.held = [() => this.outer.head(status, headers)];
    void forgotten.then(() => this.release());
  }

  data(chunk: Buffer): boolean {
    if (this.held === undefined) return this.outer.data(chunk);
    this.held.push(() => void this.outer.data(chunk));
    return false;
  }

  end(): void {
    if (this.held === undefined) this.outer.end();
    else this.held.push(() => this.outer.end());
  }

  breakOff(): void {
    if (this.held === undefined) this.outer.breakOff();
    else this.held.push(() => this.outer.breakOff());
  }

  private release(): void {
    const { held = [], exchange } = this;
    this.held = undefined;
    if (exchange.gone) return;
    for (const one of held) one();
    exchange.onDrain?.();
  }
}
