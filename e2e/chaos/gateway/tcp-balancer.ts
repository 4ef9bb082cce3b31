import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type TcpBalancer = Readonly<{
  url: string;
  /** Connections that went to another gateway, since the first refused them. */
  redispatched(): number;
  close(): Promise<void>;
}>;

/**
 * Gives each connection to the next of `ports`, and to another where the first refuses it: what HAProxy of the composition does with
 * `option redispatch` and `retry-on conn-failure`. It reads no HTTP and repeats nothing that was sent, so whatever a client
 * loses is the gateways' loss.
 */
export const startTcpBalancer = async (ports: readonly number[]): Promise<TcpBalancer> => {
  const open = new Set<Socket>();
  let turn = 0;
  let redispatched = 0;

  const carry = (client: Socket, first: number, tries: number): void => {
    const onward = connect({
      host: '127.0.0.1',
      port: ports[(first + tries) % ports.length] as number,
      allowHalfOpen: true,
    });
    open.add(onward);
    onward.once('close', () => open.delete(onward));
    const refused = (): void => {
      if (tries + 1 >= ports.length) {
        client.resetAndDestroy();
        return;
      }
      redispatched += 1;
      carry(client, first, tries + 1);
    };
    onward.once('error', refused);
    onward.once('connect', () => {
      onward.off('error', refused);
      onward.on('error', () => client.resetAndDestroy());
      client.once('close', () => onward.destroy());
      client.pipe(onward).pipe(client);
    });
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    open.add(client);
    client.once('close', () => open.delete(client));
    client.on('error', () => {});
    carry(client, turn++, 0);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    redispatched: () => redispatched,
    close: async () => {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
};
