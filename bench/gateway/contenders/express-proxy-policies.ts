import { Agent, createServer } from 'node:http';
import express, { type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { pino } from 'pino';
import { serve, upstreamUrl } from './serve.ts';

// What a team would put together from the usual parts: JWT by jose, a limit by user in memory, one log line a request.
const keys = createRemoteJWKSet(new URL(`http://127.0.0.1:${process.env.USERS_PORT}/.well-known/jwks.json`));
const logger = pino(pino.destination({ fd: 1, sync: false }));

const log: RequestHandler = (request, response, next) => {
  const startedAt = performance.now();
  response.on('finish', () => {
    const { method, originalUrl: path } = request;
    const durationMs = Math.round(performance.now() - startedAt);
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

const app = express();
app.use(log);
app.use(authenticate);
app.use(
  rateLimit({
    windowMs: 60_000,
    limit: 1_000_000,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (_request, response) => String(response.locals.user),
  }),
);
app.use(createProxyMiddleware({ target: upstreamUrl, agent: new Agent({ keepAlive: true }) }));
serve(createServer(app));
