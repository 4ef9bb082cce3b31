// A service built for the experiments: what it does with a request is in its path.
//   /api/work           answered in turn, PER_SECOND of them a second, each after WORK_MS at least; the others queue, also those given up
//   /api/fail           never well: by turns 502, a broken connection, 502 …
//   /api/bytes/<n>      n bytes
//   POST /api/effect    counts the body's text as done
//   POST /api/sink      reads a body, stops reading for PAUSE_MS in its middle, answers how many bytes came
// CLOSE_IDLE_MS: connections are closed without a word when they were idle for a random time up to that.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { answerParent } from './child-program.ts';
import type { ServiceCounts } from './service-counts.ts';

const numberOf = (name: string): number => Number(process.env[name] ?? 0);
const gapMs = 1000 / (numberOf('PER_SECOND') || 1000);
const workMs = numberOf('WORK_MS');
const closeIdleMs = numberOf('CLOSE_IDLE_MS');
const pauseMs = numberOf('PAUSE_MS');

let requests = 0;
let served = 0;
let idleCloses = 0;
let queuedAtMost = 0;
const effects = new Map<string, number>();
/** Connections that a large answer went over: it may be on its way still. */
const carriedMuch = new WeakSet<Socket>();
const chunk = Buffer.alloc(65_536, 'x');

let freeAtMs = 0;
let queued = 0;
/** A queue in front of one that takes one each `gapMs`: it works at its rate as long as anybody waits. */
const work = async (response: ServerResponse): Promise<void> => {
  const nowMs = performance.now();
  freeAtMs = Math.max(nowMs, freeAtMs) + gapMs;
  queued += 1;
  queuedAtMost = Math.max(queuedAtMost, queued);
  await delay(Math.max(workMs, freeAtMs - nowMs));
  queued -= 1;
  served += 1;
  response.end('done');
};

const fail = (response: ServerResponse): void => {
  if (requests % 2 === 0) response.socket?.resetAndDestroy();
  else response.writeHead(502).end();
};

const sendBytes = async (response: ServerResponse, bytes: number): Promise<void> => {
  if (bytes > 16_384 && response.socket !== null) carriedMuch.add(response.socket);
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes });
  for (let left = bytes; left > 0 && !response.destroyed; left -= chunk.length) {
    if (!response.write(chunk.subarray(0, left))) await drained(response);
  }
  response.end();
};

const drained = async (response: ServerResponse): Promise<void> => {
  const given = new AbortController();
  const { signal } = given;
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  given.abort();
};

const takeEffect = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  const id = Buffer.concat(pieces).toString().split('\n', 1)[0] as string;
  effects.set(id, (effects.get(id) ?? 0) + 1);
  response.end('done');
};

const sink = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  let bytes = 0;
  let paused = false;
  for await (const piece of request) {
    bytes += piece.length;
    if (!paused && bytes > 8_000_000) {
      paused = true;
      await delay(pauseMs);
    }
  }
  response.end(String(bytes));
};

const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const [, , what = '', argument] = (request.url ?? '').split(/[/?]/);
  if (what === 'sink') return sink(request, response);
  if (what === 'effect') return takeEffect(request, response);
  request.resume();
  switch (what) {
    case 'work':
      return work(response);
    case 'fail':
      return fail(response);
    case 'bytes':
      return sendBytes(response, Number(argument));
    default:
      response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
  }
};

const busy = new WeakSet<Socket>();
const server = createServer((request, response) => {
  if (request.url?.startsWith('/readyz')) return void response.end('ready');
  requests += 1;
  const { socket } = request;
  busy.add(socket);
  answer(request, response).catch(() => response.destroy());
  response.once('close', () => {
    busy.delete(socket);
    if (closeIdleMs > 0) setTimeout(() => closeIfIdle(socket), Math.random() * closeIdleMs);
  });
});
// What closes idle connections here is `closeIdleMs` alone.
server.keepAliveTimeout = 0;

/** By turns in order and by a reset, which would throw away what is still on its way of a large answer. */
const closeIfIdle = (socket: Socket): void => {
  if (busy.has(socket) || socket.destroyed) return;
  idleCloses += 1;
  if (carriedMuch.has(socket) || idleCloses % 2 === 0) socket.end();
  else socket.resetAndDestroy();
};

server.listen(0, '127.0.0.1');
await once(server, 'listening');
answerParent(
  { http: (server.address() as AddressInfo).port },
  {
    counts: (): ServiceCounts => ({
      ...{ requests, served, queuedAtMost, idleCloses, effects: effects.size },
      doubled: [...effects.values()].filter((times) => times > 1).length,
    }),
  },
  () => server.closeAllConnections(),
);
