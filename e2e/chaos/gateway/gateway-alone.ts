import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatewayNodeFlags } from '@gatehouse/gateway/node-flags';
import { type ChildProgram, startProgram } from './child-program.ts';
import { readCounter } from './read-metrics.ts';
import { startUsersStandIn } from './users-stand-in.ts';

/** After a collection, in bytes. */
export type HeapFigures = Readonly<{ heapUsed: number; external: number }>;

/** A gateway process with purpose-built services behind it, all on loopback. */
export type GatewayAlone = Readonly<{
  url: string;
  program: ChildProgram;
  services: readonly ChildProgram[];
  /** Access tokens of verified users. */
  tokens: readonly string[];
  counter(name: string): Promise<number>;
  stop(): Promise<void>;
}>;

export type GatewayAloneOptions = Readonly<{
  config: string;
  /** Environment of each instance of the service `things`. */
  instances: readonly Readonly<Record<string, string>>[];
  /** What stands between the gateway and an instance: answers the port to dial. */
  between?: (port: number) => Promise<number>;
  users?: number;
}>;

export const startGatewayAlone = async (o: GatewayAloneOptions): Promise<GatewayAlone> => {
  await using opened = new AsyncDisposableStack();
  const users = await startUsersStandIn(o.users ?? 1);
  opened.defer(users.close);
  const services: ChildProgram[] = [];
  for (const env of o.instances) {
    const service = await startProgram('service-program.ts', env);
    opened.defer(service.stop);
    services.push(service);
  }
  const dialled = services.map(({ ports }) => ports.http as number);
  const things = o.between === undefined ? dialled : await Promise.all(dialled.map(o.between));
  const configFile = join(tmpdir(), `gatehouse-experiment-${users.port}.yaml`);
  await writeFile(configFile, o.config);
  const program = await startProgram(
    'gateway-program.ts',
    {
      INSTANCES: JSON.stringify({ users: [users.port], things }),
      ...{ HOST: '127.0.0.1', PORT: '0', OPERATIONS_PORT: '0', GATEWAY_CONFIG: configFile },
      ...{ RATE_LIMIT_FACTOR: '100000', SHUTDOWN_LIMIT_MS: '1000' },
    },
    [...gatewayNodeFlags, '--expose-gc'],
  );
  opened.defer(program.stop);
  const closing = opened.move();
  return {
    url: `http://127.0.0.1:${program.ports.http}`,
    ...{ program, services, tokens: users.tokens },
    counter: (name) => readCounter(`http://127.0.0.1:${program.ports.operations}`, name),
    stop: () => closing.disposeAsync(),
  };
};
