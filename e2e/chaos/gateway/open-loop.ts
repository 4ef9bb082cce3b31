import { setTimeout as delay } from 'node:timers/promises';
import { type Dispatcher, Pool } from 'undici';
import { percentile } from './latencies.ts';

export type LoadRequest = Readonly<{
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** The client hangs up after so long. */
  hangsUpAfterMs?: number;
}>;

/** How one request ended. Times are milliseconds of this run. */
export type Shot = Readonly<{
  n: number;
  /** When it was meant to be sent: a client does not wait for the answers of others, and neither do its latencies. */
  dueMs: number;
  /** From then to the last byte of the answer. */
  tookMs: number;
  /** 0: no answer. */
  status: number;
  /** Of a refusal of the gateway, as `overloaded`. */
  code: string | undefined;
  /** Why there was no whole answer; undefined if there was one. */
  error: string | undefined;
  bytes: number;
}>;

export type OpenLoopOptions = Readonly<{
  /** Base addresses, taken in turn. */
  origins: readonly string[];
  perSecond: number;
  /** Ends after this time, or … */
  durationMs?: number;
  /** … when this says so. */
  enough?: (sent: number, nowMs: number) => boolean;
  request: (n: number) => LoadRequest;
  /** Told of each end; the shots are kept anyway. */
  onEnd?: (shot: Shot) => void;
}>;

export type OpenLoop = Readonly<{
  /** Resolves when the last answer is there. */
  ended: Promise<LoadReport>;
  inFlight(): number;
  sent(): number;
  shots: readonly Shot[];
  /** Since its beginning. */
  nowMs(): number;
}>;

export type LoadReport = Readonly<{
  sent: number;
  /** Not sent, since too many were under way: the load was less than it should have been. */
  skipped: number;
  /** How late requests were sent: the load's own trouble, on a machine that is busy. */
  lateP99Ms: number;
  shots: readonly Shot[];
}>;

const mostInFlight = 8192;
const mostConnections = 1024;

/** Sends requests at a fixed rate, whether answers come or not. */
export const startOpenLoop = (o: OpenLoopOptions): OpenLoop => {
  const pools = o.origins.map(
    (origin) => new Pool(origin, { connections: mostConnections, bodyTimeout: 0, headersTimeout: 0 }),
  );
  const shots: Shot[] = [];
  const lateness: number[] = [];
  const gapMs = 1000 / o.perSecond;
  const beganAt = performance.now();
  const nowMs = (): number => performance.now() - beganAt;
  let sent = 0;
  let skipped = 0;
  let inFlight = 0;
  let emptied: (() => void) | undefined;

  const end = (shot: Shot): void => {
    inFlight -= 1;
    shots.push(shot);
    o.onEnd?.(shot);
    if (inFlight === 0) emptied?.();
  };

  const send = (n: number, dueMs: number): void => {
    inFlight += 1;
    const { method = 'GET', hangsUpAfterMs, ...rest } = o.request(n);
    const handler = new CountingHandler((ended) => end({ n, dueMs, tookMs: nowMs() - dueMs, ...ended }));
    (pools[n % pools.length] as Pool).dispatch({ ...rest, method } as Dispatcher.DispatchOptions, handler);
    if (hangsUpAfterMs !== undefined) setTimeout(() => handler.hangUp(), hangsUpAfterMs);
  };

  const isEnough = (): boolean =>
    (o.durationMs !== undefined && nowMs() >= o.durationMs) || (o.enough?.(sent, nowMs()) ?? false);

  const run = async (): Promise<LoadReport> => {
    let turn = 0;
    while (!isEnough()) {
      for (let now = nowMs(); turn * gapMs <= now; turn += 1) {
        if (inFlight >= mostInFlight) {
          skipped += 1;
          continue;
        }
        lateness.push(now - turn * gapMs);
        send(sent++, turn * gapMs);
      }
      await delay(1);
    }
    if (inFlight > 0) {
      await new Promise<void>((resolve) => {
        emptied = resolve;
      });
    }
    await Promise.all(pools.map((pool) => pool.destroy()));
    return { sent, skipped, lateP99Ms: percentile(lateness, 99), shots };
  };

  return { ended: run(), inFlight: () => inFlight, sent: () => sent, shots, nowMs };
};

type Ended = Pick<Shot, 'status' | 'code' | 'error' | 'bytes'>;

/** Counts what comes and keeps nothing of it. */
class CountingHandler implements Dispatcher.DispatchHandler {
  private status = 0;
  private bytes = 0;
  private isDone = false;
  private isHungUp = false;
  private controller: Dispatcher.DispatchController | undefined;
  private code: string | undefined;
  private readonly done: (ended: Ended) => void;

  constructor(done: (ended: Ended) => void) {
    this.done = done;
  }

  hangUp(): void {
    this.isHungUp = true;
    if (!this.isDone) this.controller?.abort(new Error('hung up'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.isHungUp) controller.abort(new Error('hung up'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.status >= 400) this.code ??= /"code":"(\w+)"/.exec(chunk.toString('latin1'))?.[1];
  }

  onResponseEnd(): void {
    this.finish(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.finish((error as NodeJS.ErrnoException).code ?? error.message);
  }

  private finish(error: string | undefined): void {
    if (this.isDone) return;
    this.isDone = true;
    this.done({ status: this.status, code: this.code, error, bytes: this.bytes });
  }
}

/** What came of them: how many, by status or by what went wrong. */
export const outcomes = (shots: readonly Shot[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { status, code, error } of shots) {
    const what = error === undefined ? `${status} ${code ?? ''}`.trim() : `broken off (${error})`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
};

export const isFailed = ({ status, error }: Shot): boolean => error !== undefined || status >= 400;
