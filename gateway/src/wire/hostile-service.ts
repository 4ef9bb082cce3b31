import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { AnswerCase } from './answer-case.ts';

/** A service that answers `/api/odd` with the bytes of a case and everything else well. It knows who came over which connection. */
export type HostileService = Readonly<{
  port: number;
  /** For each request, the number of the connection that it came over. */
  cameOver: number[];
}>;

export const startHostileService = async ({ bytes, afterwards }: AnswerCase): Promise<HostileService> => {
  const cameOver: number[] = [];
  const sockets = new Set<Socket>();

  const server = createServer((socket) => {
    sockets.add(socket);
    const number = sockets.size;
    let rest = '';
    socket.on('error', () => {}).setEncoding('latin1');
    socket.on('data', (text: string) => {
      rest += text;
      const end = rest.indexOf('\r\n\r\n');
      if (end === -1) return;
      const isOdd = rest.includes(' /api/odd ');
      rest = rest.slice(end + 4);
      cameOver.push(number);
      socket.write(
        isOdd ? Buffer.from(bytes, 'latin1') : 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nafter',
      );
      if (isOdd && afterwards === 'ends') socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, cameOver };
};
