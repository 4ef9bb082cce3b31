import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { exposeMetrics } from '@gatehouse/service-kit';
import type { Registry } from 'prom-client';
import { operationsPath } from './fleet/other-gateways.ts';

export type OperationsServerDeps = Readonly<{
  /** Why the gateway is not ready, or undefined if it is. */
  notReadyBecause: () => string | undefined;
  metrics: Registry;
  /** `/readyz?instance=…` is 503 for any other: whoever asks means one that was here before. */
  instanceId?: string | undefined;
  /** Answers `POST /internal/operations` of another gateway. */
  answerGateways?: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
}>;

const requestTimeoutMs = 5000;

type Answer = readonly [status: number, type: string, body: string];

/** `/livez`, `/readyz`, `/metrics` and what other gateways ask, on a port that is not for the public. */
export const createOperationsServer = (deps: OperationsServerDeps): Server => {
  const { notReadyBecause, metrics, instanceId, answerGateways } = deps;
  const answers: Readonly<Record<string, (query?: string, accept?: string) => Promise<Answer>>> = {
    '/livez': async () => [200, 'text/plain', 'ok\n'],
    '/readyz': async (query) => {
      const asked = new URLSearchParams(query).get('instance');
      const reason = asked === null || asked === instanceId ? notReadyBecause() : 'this is another instance';
      return reason === undefined ? [200, 'text/plain', 'ready\n'] : [503, 'text/plain', `${reason}\n`];
    },
    '/metrics': async (_query, accept) => {
      const { type, body } = await exposeMetrics(metrics, accept);
      return [200, type, body];
    },
  };

  return createServer(
    { requestTimeout: requestTimeoutMs, connectionsCheckingInterval: 1000 },
    (request, response) => {
      const [path = '', query] = request.url?.split('?', 2) ?? [];
      if (answerGateways !== undefined && path === operationsPath && request.method === 'POST')
        return answerGateways(request, response);
      request.resume();
      const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
      if (answer === undefined) {
        response.writeHead(404).end();
        return;
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.writeHead(405, { allow: 'GET, HEAD' }).end();
        return;
      }
      answer(query, request.headers.accept).then(
        ([status, type, body]) => response.writeHead(status, { 'content-type': type }).end(body),
        () => response.writeHead(500).end(),
      );
    },
  );
};
