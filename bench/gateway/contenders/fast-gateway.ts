import type { Server } from 'node:http';
import gateway from 'fast-gateway';
import { serve, upstreamUrl } from './serve.ts';

// Bare: one prefix, nothing else. It strips the prefix unless told to write it again.
const service = gateway({ routes: [{ prefix: '/api', prefixRewrite: '/api', target: upstreamUrl }] });
serve(service.getServer() as Server);
