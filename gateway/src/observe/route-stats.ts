import { isSampled, traceIdOf } from '@gatehouse/service-kit';
import type { Exchange } from '../exchange.ts';
import { bucketCount, bucketOf, Durations } from './durations.ts';
import { Recent } from './recent.ts';

export const statusClasses = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** Where a sampled trace can be found for a time of about this length. */
export type Exemplar = Readonly<{ traceId: string; seconds: number; atSeconds: number }>;

/**
 * All that is counted of one route and one service: a few additions for each request, no look-up and nothing made. Read when
 * somebody asks for metrics.
 */
export class RouteStats {
  readonly route: string;
  readonly service: string;
  /** By class of status, in the order of `statusClasses`. */
  readonly answers = new Float64Array(statusClasses.length);
  readonly total = new Durations();
  readonly upstream = new Durations();
  /** Beside what services took. */
  readonly own = new Durations();
  readonly recent = new Recent();
  /** The last sampled request of each bucket of `total`. */
  readonly exemplars: (Exemplar | undefined)[] = new Array(bucketCount).fill(undefined);
  inFlight = 0;
  retries = 0;
  clientsGone = 0;

  constructor(route: string, service: string) {
    this.route = route;
    this.service = service;
  }

  /** A request has ended. */
  record(exchange: Exchange, endedAtMs: number): void {
    const { attempts, upstreamMs } = exchange;
    const durationMs = endedAtMs - exchange.startedAtMs;
    const status = statusOf(exchange);
    const statusClass = Math.min(statusClasses.length - 1, Math.max(0, ((status / 100) | 0) - 1));
    const retries = attempts > 1 ? attempts - 1 : 0;

    this.answers[statusClass] = (this.answers[statusClass] as number) + 1;
    this.total.observe(durationMs);
    if (attempts > 0) {
      this.upstream.observe(upstreamMs);
      this.own.observe(Math.max(0, durationMs - upstreamMs));
    } else this.own.observe(durationMs);
    this.recent.add(endedAtMs, bucketOf(durationMs), status >= 500, retries);
    this.retries += retries;
    if (exchange.errorCode === 'client_gone') this.clientsGone += 1;
    if (isSampled(exchange.traceparent)) this.keepExemplar(exchange, durationMs);
  }

  private keepExemplar({ traceparent }: Exchange, durationMs: number): void {
    this.exemplars[bucketOf(durationMs)] = {
      traceId: traceIdOf(traceparent),
      seconds: durationMs / 1000,
      atSeconds: Date.now() / 1000,
    };
  }
}

/** As the client saw it: 499 where it hung up before its answer, 502 where the answer broke off. */
const statusOf = ({ response, errorCode }: Exchange): number => {
  if (errorCode === 'client_gone') return 499;
  return response.writableFinished ? response.statusCode : 502;
};
