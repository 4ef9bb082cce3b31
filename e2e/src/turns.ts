import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Turns = Readonly<{ port: number; close(): Promise<void> }>;

/** A balancer of the simplest kind: each request goes to the next of `ports`, path and headers as they came. */
export const startTurns = async (ports: readonly number[]): Promise<Turns> => {
  let turn = 0;
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const port = ports[turn++ % ports.length] as number;
    const { method, url, rawHeaders } = incoming;
    const onward = request({ host: '127.0.0.1', port, method, path: url, headers: rawHeaders, agent: false });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    // A gateway that has answered before it read all of a body ends the connection: the answer counts.
    onward.on('error', () => {
      if (!outgoing.headersSent) outgoing.destroy();
    });
    outgoing.once('close', () => onward.destroy());
    incoming.pipe(onward);
  };
  const server = createServer(forward);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};
