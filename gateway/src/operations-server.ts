import { createServer, type Server } from 'node:http';
import type { Registry } from 'prom-client';

export type OperationsServerDeps = Readonly<{
  /** Why the gateway is not ready, or undefined if it is. */
  notReadyBecause: () => string | undefined;
  metrics: Registry;
}>;

const requestTimeoutMs = 5000;

/** `/livez`, `/readyz` and `/metrics`, on a port that is not for the public. */
export const createOperationsServer = ({ notReadyBecause, metrics }: OperationsServerDeps): Server => {
  const answers: Readonly<Record<string, () => Promise<readonly [number, string, string]>>> = {
    '/livez': async () => [200, 'text/plain', 'ok\n'],
    '/readyz': async () => {
      const reason = notReadyBecause();
      return reason === undefined ? [200, 'text/plain', 'ready\n'] : [503, 'text/plain', `${reason}\n`];
    },
    '/metrics': async () => [200, metrics.contentType, await metrics.metrics()],
  };

  return createServer(
    { requestTimeout: requestTimeoutMs, connectionsCheckingInterval: 1000 },
    (request, response) => {
      request.resume();
      const path = request.url?.split('?', 1)[0] ?? '';
      const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
      if (answer === undefined) {
        response.writeHead(404).end();
        return;
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.writeHead(405, { allow: 'GET, HEAD' }).end();
        return;
      }
      answer().then(
        ([status, type, body]) => response.writeHead(status, { 'content-type': type }).end(body),
        () => response.writeHead(500).end(),
      );
    },
  );
};
