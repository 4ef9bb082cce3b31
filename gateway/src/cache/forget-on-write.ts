import type { Exchange } from '../exchange.ts';
import type { Policy } from '../policy.ts';
import { pathKey } from './cache-key.ts';
import type { CacheStore } from './cache-store.ts';
import { headerIn, serviceHeaders } from './own-headers.ts';
import { WatchingSink } from './watching-sink.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A write makes what is stored of its path worthless, for every query and every caller, and so with the paths that its
 * answer names (RFC 9111 §4.4). Before the client has the answer: whoever reads after writing never finds what was before.
 * A write of unknown outcome counts as one; a refused one (4xx) has changed nothing.
 */
export const forgetOnWrite =
  (store: Pick<CacheStore, 'forget'>): Policy =>
  (next) => {
    const forget: Forget = (paths) => {
      const pending = [...paths]
        .map((path) => store.forget(pathKey(path)))
        .filter((one) => one !== undefined);
      return pending.length === 0 ? undefined : Promise.all(pending);
    };

    return function watchWrite(exchange) {
      if (!safeMethods.has(exchange.method)) new WriteSink(exchange, forget);
      return next(exchange);
    };
  };

type Forget = (paths: ReadonlySet<string>) => Promise<unknown> | undefined;

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
class WriteSink extends WatchingSink {
  private held: (() => void)[] | undefined;
  /** As the client spelt it: a route may send it on under another. */
  private readonly path: string;
  private readonly forget: Forget;

  constructor(exchange: Exchange, forget: Forget) {
    super(exchange);
    this.path = exchange.path;
    this.forget = forget;
  }

  head(status: number, headers: string[]): void {
    const isRefused = status >= 400 && status < 500;
    const named = pathsOf(this.path, this.exchange.message.host, serviceHeaders(headers, this.ownValues));
    const forgotten = isRefused ? undefined : this.forget(named);
    if (forgotten === undefined) {
      this.begin(status, headers);
      return;
    }
    this.held = [() => this.begin(status, headers)];
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

  /** It failed, but the service may have done it. */
  protected hasAnswerFor(thrown: unknown): boolean {
    const { exchange, path } = this;
    const forgotten = exchange.attempts > 0 ? this.forget(new Set([path])) : undefined;
    if (forgotten === undefined) return false;
    void forgotten.then(() => exchange.refuse(exchange, thrown));
    return true;
  }

  private release(): void {
    const { held = [], exchange } = this;
    this.held = undefined;
    if (exchange.gone) return;
    for (const one of held) one();
    exchange.underway?.resume();
  }
}
