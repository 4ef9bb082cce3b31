import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A server of sockets, not of HTTP. `text` is what came over a connection so far, in latin1. For tests. */
type RawServer = Readonly<{ port: number; sockets: Socket[]; texts: string[] }>;

/** `onText` is called with each piece that comes in, after it was added to `texts[index]`. */
export const startRawServer = async (
  onText: (socket: Socket, piece: string, index: number) => void,
): Promise<RawServer> => {
  const sockets: Socket[] = [];
  const texts: string[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    const index = sockets.push(socket) - 1;
    texts.push('');
    socket.on('error', () => {}).setEncoding('latin1');
    socket.on('data', (piece: string) => {
      texts[index] += piece;
      onText(socket, piece, index);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets, texts };
};
