import type { AddressInfo } from 'node:net';
import httpProxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import { stopOnDemand, tellPorts, upstreamUrl } from './serve.ts';

// Bare: its default client (undici), no log.
const app = Fastify({ logger: false });
await app.register(httpProxy, { upstream: upstreamUrl });
await app.listen({ host: '127.0.0.1', port: 0 });
tellPorts({ http: (app.server.address() as AddressInfo).port });
stopOnDemand(() => {
  app.server.closeAllConnections();
  setTimeout(() => process.exit(0), 200).unref();
  return app.close();
});
