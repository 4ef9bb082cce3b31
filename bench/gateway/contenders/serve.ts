import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The settings of a contender's process, from the harness. */
export const upstreamUrl = `http://127.0.0.1:${process.env.UPSTREAM_PORT}`;

/** Ends when the harness says so, and also when the harness is no more. */
export const stopOnDemand = (stop: () => unknown): void => {
  process.once('SIGTERM', () => {
    process.disconnect?.();
    void stop();
  });
  process.once('disconnect', () => void stop());
};

/** Tells the harness where to find this process. */
export const tellPorts = (ports: Readonly<Record<string, number>>): void => {
  process.send?.(ports);
};

export const serve = (server: Server): void => {
  server.listen(0, '127.0.0.1', () => tellPorts({ http: (server.address() as AddressInfo).port }));
  stopOnDemand(() => {
    server.close();
    server.closeAllConnections();
    setTimeout(() => process.exit(0), 200).unref();
  });
};
