import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import express, { type RequestHandler, Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import CircuitBreaker from 'opossum';
import { pino } from 'pino';
import { Histogram, register } from 'prom-client';
import { routeCount } from '../routes.ts';
import { serve, upstreamUrl } from './serve.ts';

// What a team would put together from the usual parts for the same policies: JWT by jose, a hundred routes, limits by
// address and by user in memory, a breaker, metrics, one log line a request. http-proxy-middleware has no retries.
const keys = createRemoteJWKSet(new URL(`http://127.0.0.1:${process.env.USERS_PORT}/.well-known/jwks.json`));
const logger = pino(pino.destination({ fd: 1, sync: false }));
const durations = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Time from a request to the end of its answer',
  labelNames: ['route', 'status'],
  registers: [register],
});

const observe: RequestHandler = (request, response, next) => {
  const startedAt = performance.now();
  response.on('finish', () => {
    const { method, originalUrl: path } = request;
    const durationMs = performance.now() - startedAt;
    durations.observe(
      { route: response.locals.route ?? 'none', status: response.statusCode },
      durationMs / 1000,
    );
    logger.info({ method, path, status: response.statusCode, durationMs, user: response.locals.user });
  });
  next();
};

const authenticate: RequestHandler = async (request, response, next) => {
  try {
    const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
    const options = { issuer: 'gatehouse', audience: 'gatehouse', algorithms: ['EdDSA'] };
    const { payload } = await jwtVerify(token, keys, options);
    response.locals.user = payload.sub;
    next();
  } catch {
    response.status(401).json({ error: 'unauthenticated' });
  }
};

const limitTo = (limit: number, keyGenerator?: (request: unknown, response: express.Response) => string) =>
  rateLimit({
    ...{ windowMs: 60_000, limit, standardHeaders: 'draft-8', legacyHeaders: false },
    ...(keyGenerator === undefined ? {} : { keyGenerator }),
  });

const proxy = createProxyMiddleware({ target: upstreamUrl, agent: new Agent({ keepAlive: true }) });

const forward = (request: IncomingMessage, response: ServerResponse): Promise<void> =>
  new Promise((resolve, reject) => {
    response.once('finish', () =>
      response.statusCode < 500 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
    );
    void proxy(request as express.Request, response as express.Response, reject);
  });

const routes = Router();
for (let route = 0; route < routeCount; route += 1) {
  const breaker = new CircuitBreaker(forward, { timeout: 15_000, volumeThreshold: 20 });
  routes.use(`/api/r${route}`, (request, response) => {
    response.locals.route = `r${route}`;
    request.url = request.originalUrl; // the upstream sees the whole path
    breaker.fire(request, response).catch(() => {
      if (!response.headersSent) response.status(503).end();
    });
  });
}

const app = express();
app.use(limitTo(100_000_000));
app.use(observe);
app.use(authenticate);
app.use(limitTo(1_000_000, (_request, response) => String(response.locals.user)));
app.use(routes);
serve(createServer(app));
