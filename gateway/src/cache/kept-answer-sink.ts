import type { Exchange } from '../exchange.ts';
import type { CacheAddress } from './cache-key.ts';
import { type CacheStatus, cacheStatusHeader } from './cache-status.ts';
import type { CacheStore, VariantOf } from './cache-store.ts';
import { failureCodeOf, isFailingStatus } from './failing.ts';
import type { HeaderRecord } from './header-record.ts';
import type { Keepable, KeepSettings } from './keep-rules.ts';
import { headerIn, serviceHeaders } from './own-headers.ts';
import type { CacheRules } from './reuse-rules.ts';
import type { StoredAnswer } from './stored-answer.ts';
import { answerStored } from './stored-reply.ts';
import { WatchingSink } from './watching-sink.ts';

export type CacheOutcome = 'hit' | 'miss' | 'confirmed' | 'stale' | 'bypass';

export type RouteCache = Readonly<{
  settings: KeepSettings & Readonly<{ maxBytes: number }>;
  store: CacheStore;
  rules: CacheRules;
  /** Milliseconds since the epoch. */
  now: () => number;
  count: (outcome: CacheOutcome) => void;
}>;

/** A request that goes to the service although, or because, of what the store has. */
export type AskedService = Readonly<{
  asked: HeaderRecord;
  address: CacheAddress;
  variantOf: VariantOf;
  /** Undefined: its answer is not kept. */
  mark: string | undefined;
  why: Extract<CacheStatus, { kind: 'fwd' }>['why'];
  stored: StoredAnswer | undefined;
  /** The service was asked by the validators of `stored`: its 304 is not for the client. */
  revalidates: boolean;
  askedAtMs: number;
}>;

type Failed = Readonly<{ status: number } | { code: string }>;

/**
 * Sees the answer of a service on its way to the client.
 *
 * - `passing`: nothing is kept of it. So it begins.
 * - `keeping`: it goes on, and is collected; kept when it has ended whole. Left for `passing` when it grows too large.
 * - `replaced`: the client was answered from the store; the rest of this one is nobody's.
 */
export class KeptAnswerSink extends WatchingSink {
  private phase: 'passing' | 'keeping' | 'replaced' = 'passing';
  private keepable: Keepable | undefined;
  private chunks: Buffer[] = [];
  private bytes = 0;
  private length: number | undefined;
  private readonly cache: RouteCache;
  private readonly request: AskedService;

  constructor(exchange: Exchange, cache: RouteCache, request: AskedService) {
    super(exchange);
    this.cache = cache;
    this.request = request;
  }

  head(status: number, headers: string[]): void {
    const { revalidates, stored, why } = this.request;
    if (status === 304 && revalidates && stored !== undefined) {
      this.phase = 'replaced';
      this.confirm(stored, headers);
      return;
    }
    if (isFailingStatus(status) && this.standsIn({ status })) {
      this.phase = 'replaced';
      return;
    }
    this.cache.count('miss');
    this.beginKeeping(status, headers);
    const isStored = this.phase === 'keeping' && this.length !== undefined;
    headers.push('Cache-Status', cacheStatusHeader({ kind: 'fwd', why, ...(isStored && { stored: true }) }));
    this.begin(status, headers);
  }

  data(chunk: Buffer): boolean {
    if (this.phase === 'replaced') return true;
    if (this.phase === 'keeping') this.collect(chunk);
    return this.outer.data(chunk);
  }

  end(): void {
    if (this.phase === 'replaced') return;
    // Before the client has its end: whoever asks after it finds it.
    if (this.phase === 'keeping') this.keep();
    this.outer.end();
  }

  breakOff(): void {
    this.chunks = [];
    if (this.phase !== 'replaced') this.outer.breakOff();
  }

  protected hasAnswerFor(thrown: unknown): boolean {
    const code = failureCodeOf(thrown);
    if (code === undefined || !this.standsIn({ code })) return false;
    this.exchange.errorCode = code;
    return true;
  }

  private beginKeeping(status: number, headers: readonly string[]): void {
    const { mark, asked, askedAtMs } = this.request;
    const { rules, settings } = this.cache;
    if (mark === undefined || this.exchange.method !== 'GET') return;
    const length = headerIn(headers, 'content-length');
    this.length = length === undefined ? undefined : Number(length);
    if (this.length !== undefined && !(this.length <= settings.maxBytes)) return;
    const age = headerIn(headers, 'age');
    const own = serviceHeaders(headers, this.ownValues);
    if (age !== undefined) own.push('age', age);
    this.keepable = rules.toKeepable(asked, { status, headers: own, askedAtMs }, settings);
    if (this.keepable !== undefined) this.phase = 'keeping';
  }

  private collect(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > this.cache.settings.maxBytes) {
      this.phase = 'passing';
      this.chunks = [];
    } else this.chunks.push(chunk);
  }

  private keep(): void {
    const { mark, address, variantOf } = this.request;
    if (this.keepable === undefined || mark === undefined) return;
    if (this.length !== undefined && this.length !== this.bytes) return;
    // A copy: pieces are views of larger buffers, which would stay with them.
    const answer = { ...this.keepable, body: Buffer.concat(this.chunks) };
    this.chunks = [];
    this.cache.store.keep(address, { mark, variantOf, answer });
  }

  /** The service says that what is stored is still so: it is fresh again, and the client's. */
  private confirm(stored: StoredAnswer, headers: readonly string[]): void {
    const { rules, store, settings, count } = this.cache;
    const { asked, askedAtMs, mark, address, variantOf, why } = this.request;
    const own = serviceHeaders(headers, this.ownValues);
    this.takeBackHeaders();
    const confirmed = rules.confirm(stored, asked, { status: 304, headers: own, askedAtMs }, settings);
    count('confirmed');
    this.exchange.answeredBy = 'cache';
    if (confirmed !== undefined && mark !== undefined)
      store.keep(address, { mark, variantOf, answer: confirmed });
    const now = confirmed ?? stored;
    answerStored(this.exchange, {
      ...{ stored: now, asked, reuse: rules.reuse(now, {}), to: this.outer },
      status: { kind: 'fwd', why, status: 304, ...(confirmed !== undefined && { stored: true }) },
    });
  }

  /** Answers with what is stored instead of a failure, if that may be (RFC 5861 §4). */
  private standsIn(failure: Failed): boolean {
    const { rules, count } = this.cache;
    const { stored, asked, why } = this.request;
    const { exchange, outer } = this;
    if (stored === undefined || exchange.gone || exchange.response.headersSent) return false;
    const reuse = rules.reuse(stored, asked);
    if (!rules.mayStandIn(stored, reuse, asked)) return false;
    count('stale');
    exchange.answeredBy = 'stale';
    this.takeBackHeaders();
    const status = statusOf(why, failure, Math.ceil(reuse.freshForMs / 1000));
    answerStored(exchange, { stored, reuse, asked, status, to: outer });
    return true;
  }
}

/** `fwd` only where the service was asked: an open breaker, or none to ask, is a stale hit. */
const statusOf = (why: AskedService['why'], failure: Failed, ttlSeconds: number): CacheStatus => {
  if ('status' in failure) {
    return { kind: 'fwd', why, status: failure.status, ttlSeconds, detail: 'stale-if-error' };
  }
  const { code } = failure;
  return code === 'bad_gateway' || code === 'gateway_timeout'
    ? { kind: 'fwd', why, ttlSeconds, detail: code }
    : { kind: 'hit', ttlSeconds, detail: code };
};
