import type { RequestHandler } from 'express';
import type { Registry } from 'prom-client';
import { exchangeOf, headerOf } from './exchange.ts';
import { exposeMetrics } from './expose-metrics.ts';

const PING_TIMEOUT_MS = 1_000;

/**
 * `starting`: listening, not able to serve yet; left by `ready`. `ready`: left by `stopping`, for good. Only `ready` with
 * a database that answers, and keys to verify tokens with, is a 200 on `/readyz`.
 */
export type Phase = 'starting' | 'ready' | 'stopping';

export type OperationsDeps = Readonly<{
  /** `/readyz?instance=…` is 503 for any other: whoever asks means one that was here before. */
  instanceId: string;
  phase: () => Phase;
  ping: (timeoutMs: number) => Promise<void>;
  hasKeys: () => boolean;
  metrics: Registry;
  /** Brings the gauges up to date. */
  readGauges: () => Promise<void>;
}>;

/** `/livez`, `/readyz` and `/metrics`: without credentials, so they say nothing about hosts, versions or data. */
export const createOperations = (deps: OperationsDeps): RequestHandler => {
  const isUp = (): Promise<boolean> =>
    deps.ping(PING_TIMEOUT_MS).then(
      () => true,
      () => false,
    );

  const answers: Readonly<Record<string, (url: string, accept?: string) => Promise<Answer>>> = {
    '/livez': async () => json(200, { status: 'alive' }),
    '/readyz': async (url) => {
      const asked = new URLSearchParams(url.split('?', 2)[1]).get('instance');
      if (asked !== null && asked !== deps.instanceId) return json(503, { status: 'another_instance' });
      const phase = deps.phase();
      const checks = { database: await isUp(), keys: deps.hasKeys() };
      const isReady = phase === 'ready' && checks.database && checks.keys;
      return json(isReady ? 200 : 503, { status: isReady ? 'ready' : 'not_ready', phase, checks });
    },
    '/metrics': async (_url, accept) => {
      await deps.readGauges();
      return { status: 200, ...(await exposeMetrics(deps.metrics, accept)) };
    },
  };

  return async (request, response, next) => {
    const answer = Object.hasOwn(answers, request.path) ? answers[request.path] : undefined;
    if (answer === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return next();
    exchangeOf(request).route = request.path;
    const { status, type, body } = await answer(request.url, headerOf(request, 'accept'));
    response.writeHead(status, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      ...(status === 503 ? { 'Retry-After': '1' } : {}),
    });
    response.end(body);
  };
};

type Answer = Readonly<{ status: number; type: string; body: string }>;

const json = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(body),
});
