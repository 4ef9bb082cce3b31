import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { instanceAt } from '../fixture/fake-registry.ts';
import { openRaw } from '../fixture/raw-request.ts';
import { startTestGateway } from '../fixture/start-test-gateway.ts';
import { readAnswers } from './read-answers.ts';

const config = `
defaults: { retries: { attempts: 0 } }
routes: [{ path: /api/*, service: posts, auth: none, bodyLimit: 70mb }]
`;
const bytes = 8 * 1024 * 1024;
const upload = `POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n`;
const download = 'GET /api/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** A gateway before a service that is a socket. */
const startOn = async (serve: (socket: Socket) => void) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port, registry, gateway } = await startTestGateway({ config });
  registry.set('posts', [instanceAt('posts', (server.address() as AddressInfo).port)]);
  return { port, gateway };
};

/** A client that keeps what it gets, until the connection ends. */
const openClient = (port: number) => {
  const socket = openRaw(port);
  let text = '';
  socket.on('error', () => {}).setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  const untilHas = async (part: string): Promise<void> => {
    while (!text.includes(part)) await once(socket, 'data');
  };
  return { socket, text: () => text, untilHas };
};

const promised = (): Readonly<{ done: () => void; whenDone: Promise<void> }> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { done: resolve, whenDone: promise };
};

describe('bodies: an answer that comes before the end of the request', () => {
  const early = (socket: Socket): void => {
    socket.pause(); // It never reads the body.
    socket.write('HTTP/1.1 422 No\r\nContent-Length: 5\r\n\r\nearly');
  };

  it('reaches a client that goes on sending, whole, as the last of its connection', async () => {
    const { port } = await startOn(early);
    const { socket, text, untilHas } = openClient(port);
    socket.write(`${upload}\r\n`);
    socket.write(Buffer.alloc(bytes / 2));

    await untilHas('early');
    socket.destroy();

    const { answers, rest } = readAnswers(text());
    expect([answers.map(({ status, body }) => [status, body]), rest]).toEqual([[[422, 'early']], '']);
    expect(answers[0]?.headers.get('connection')).toBe('close');
  });

  it('reaches a client that waits for leave', async () => {
    const { port } = await startOn((socket) => socket.once('data', () => early(socket)));
    const { socket, text, untilHas } = openClient(port);
    socket.write(`${upload}Expect: 100-continue\r\n\r\n`);
    await untilHas('100 Continue');
    socket.write(Buffer.alloc(100_000));

    await untilHas('early');
    socket.destroy();

    expect(readAnswers(text()).answers.map(({ status }) => status)).toEqual([100, 422]);
  });
});

describe('bodies: a client that is given leave', () => {
  it('sends a large body after that, once', async () => {
    const { done, whenDone } = promised();
    let taken = 0;
    const { port } = await startOn((socket) => {
      let head = '';
      socket.on('data', (chunk) => {
        if (!head.includes('\r\n\r\n')) {
          head += chunk.toString('latin1');
          taken = Math.max(0, head.length - head.indexOf('\r\n\r\n') - 4);
        } else taken += chunk.length;
        if (taken < bytes) return;
        expect(head).not.toMatch(/^expect:/im);
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        done();
      });
    });
    const { socket, untilHas } = openClient(port);
    socket.write(`${upload}Expect: 100-continue\r\n\r\n`);
    await untilHas('100 Continue');
    socket.write(Buffer.alloc(bytes));

    await Promise.all([whenDone, untilHas('\r\n\r\nok')]);

    expect(taken).toBe(bytes);
    socket.destroy();
  });
});

describe('bodies: a side that goes away', () => {
  it('the client in the middle of a download: the service is told', async () => {
    const { done, whenDone } = promised();
    const { port, gateway } = await startOn((socket) => {
      socket.once('close', done);
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`);
        socket.write(Buffer.alloc(100_000));
      });
    });
    const { socket, untilHas } = openClient(port);
    socket.write(download);
    await untilHas('200 OK');

    socket.destroy();
    await whenDone;

    expect(await gateway.inspection.services()).toMatchObject([{ inFlight: 0 }]);
    expect(gateway.inspection.breakers()).toMatchObject([{ failures: 0 }]);
  });

  it('the client in the middle of chunks: the service never reads an end', async () => {
    const { done, whenDone } = promised();
    let read = '';
    const { port } = await startOn((socket) => {
      socket.once('close', done);
      socket.on('data', (chunk) => {
        read = read.slice(-100) + chunk.toString('latin1');
        client.socket.destroy();
      });
    });
    const client = openClient(port);
    client.socket.write('POST /api/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    client.socket.write(`30d40\r\n${'x'.repeat(200_000)}\r\n`);

    await whenDone;

    expect(read).not.toMatch(/0\r\n\r\n$/);
  });

  it('the service in the middle of an upload: 502, and the end of the connection', async () => {
    const { port } = await startOn((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const { socket, text, untilHas } = openClient(port);
    socket.write(`${upload}\r\n`);
    socket.write(Buffer.alloc(200_000));

    await untilHas('"bad_gateway"');
    socket.destroy();

    const [answer] = readAnswers(text()).answers;
    expect([answer?.status, answer?.headers.get('connection')]).toEqual([502, 'close']);
  });

  it.each([
    ['of a given length', `HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n'],
  ])(
    'the service in the middle of an answer %s: it is broken off, and never looks whole',
    async (_name, head) => {
      const { port } = await startOn((socket) =>
        socket.once('data', () => {
          socket.write(head);
          socket.write('x'.repeat(100_000), () => socket.resetAndDestroy());
        }),
      );
      const { socket, text } = openClient(port);
      socket.write(download);

      await once(socket, 'close');

      expect(readAnswers(text()).answers).toEqual([]);
      expect(text()).not.toMatch(/0\r\n\r\n$/);
    },
  );
});

describe('bodies: a client that stops reading for a while', () => {
  it('holds the service back, and gets everything afterwards', async () => {
    let isHeldBack = false;
    const { port } = await startOn((socket) =>
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes * 4}\r\n\r\n`);
        let left = bytes * 4;
        const push = (): void => {
          while (left > 0) {
            left -= 65_536;
            if (socket.write(Buffer.alloc(65_536, 'x'))) continue;
            isHeldBack = true;
            socket.once('drain', push);
            return;
          }
        };
        push();
      }),
    );
    const client = openRaw(port);
    let got = 0;
    client.write(download);
    await once(client, 'readable');
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);

    client.on('data', (chunk) => {
      got += chunk.length;
    });
    await once(client, 'end');

    expect(isHeldBack).toBe(true);
    expect(got).toBeGreaterThan(bytes * 4);
    client.destroy();
  });
});
