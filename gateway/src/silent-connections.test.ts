import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openRaw } from './fixture/raw-request.ts';
import { cutOffSilent } from './silent-connections.ts';

const limitMs = 60_000;

const start = async () => {
  const clock = createManualClock();
  const answers: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume();
    answers.push(response);
  });
  cutOffSilent({ server, clock, limitMs: () => limitMs, everyMs: 500 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const open = async () => {
    const socket = openRaw((server.address() as AddressInfo).port);
    let text = '';
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        text += chunk;
      });
    const closed = once(socket, 'close');
    await once(server, 'connection');
    return { socket, closed, received: () => text };
  };
  const ask = async () => {
    const client = await open();
    client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const [, answer] = await once(server, 'request');
    return { ...client, answer: answer as ServerResponse };
  };
  return { clock, server, open, ask, answers };
};

describe('a connection with a request under way', () => {
  it('is cut off when no byte has gone either way for the limit', async () => {
    const { clock, ask } = await start();
    const { closed } = await ask();

    await clock.advance(limitMs + 1000);

    await closed;
  });

  it('stays while an answer goes on, however slowly', async () => {
    const { clock, ask } = await start();
    const { socket, answer, received } = await ask();
    for (let piece = 0; piece < 5; piece += 1) {
      answer.write(`piece ${piece}\n`);
      await once(socket, 'data');
      await clock.advance(limitMs - 1000);
    }

    expect(socket.destroyed).toBe(false);
    expect(received()).toContain('piece 4');
  });

  it('is cut off when the client takes nothing of what waits for it', async () => {
    const { clock, ask } = await start();
    const { socket, answer } = await ask();
    socket.pause();
    const broken = once(answer, 'close');
    answer.write(Buffer.alloc(64 * 1024 * 1024));
    // What the kernel takes at once is progress; after that there is none.
    for (let look = 0; look < 3; look += 1) await clock.advance(limitMs);

    await broken;
  });
});

describe('a connection without a request', () => {
  it('is left to the limits of its own', async () => {
    const { clock, ask, open } = await start();
    const fresh = await open();
    const { socket, answer } = await ask();
    answer.end('done');
    await once(answer, 'close');
    await clock.advance(3 * limitMs);

    expect([fresh.socket.destroyed, socket.destroyed]).toEqual([false, false]);
  });
});

describe('a server that closes', () => {
  it('leaves no timer behind', async () => {
    const { clock, server } = await start();
    server.close();
    await once(server, 'close');

    expect(clock.pending()).toBe(0);
  });
});
