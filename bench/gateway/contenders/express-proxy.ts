import { Agent, createServer } from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { serve, upstreamUrl } from './serve.ts';

// Plain: nothing on, and connections to the upstream kept alive.
const app = express();
app.use(createProxyMiddleware({ target: upstreamUrl, agent: new Agent({ keepAlive: true }) }));
serve(createServer(app));
