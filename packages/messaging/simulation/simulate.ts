import { createInProcessTransport } from '../src/in-process/in-process-transport.ts';
import { createTransportOver } from '../src/rabbitmq/rabbitmq-transport.ts';
import { type Broker, createBroker } from './broker.ts';
import { linkTo } from './broker-link.ts';
import type { Bug } from './bug.ts';
import { createDatabaseServer } from './database-server.ts';
import { createFaults } from './faults.ts';
import { startLife } from './life.ts';
import { makePlan, type Plan } from './plan.ts';
import { createTables } from './schema.ts';
import { type ProcessParts, startOrders, startStock } from './service-process.ts';
import { createWatch } from './watch.ts';
import { createWorld, type World } from './world.ts';

export type Run = Readonly<{
  seed: number;
  violations: readonly string[];
  /** Kinds and numbers of what went wrong on purpose. */
  faults: Readonly<Record<string, number>>;
  events: number;
  effects: number;
  steps: number;
  /** How long it took until nothing was left to do, from the end of the faults on, in simulated time. */
  drainedMs: number;
  plan: Plan;
}>;

/** Faults end then. What has not found its end so long after is stuck. */
const chaosMs = 3_000;
const drainLimitMs = 120_000;
const stepLimit = 40_000;

/** One run of the whole, from one number: the same number gives the same run. */
export const simulate = async (seed: number, bug: Bug = {}): Promise<Run> => {
  const world = createWorld(seed);
  // Whoever jitters a delay takes its chance from the seed too.
  const { random } = Math;
  Math.random = world.random;
  try {
    return await run(seed, world, bug);
  } finally {
    Math.random = random;
  }
};

const run = async (seed: number, world: World, bug: Bug): Promise<Run> => {
  const plan = makePlan(world);
  const faults = createFaults(world, plan.faults);
  const servers = { orders: createDatabaseServer(world, faults), stock: createDatabaseServer(world, faults) };
  const broker = createBroker(world, faults);
  for (const { memory } of Object.values(servers)) await createTables(memory);
  const watch = createWatch({ plan, ...servers });
  const failures = new Map<string, number>();
  const endpoints = new Set<Endpoint>();
  const beganMs = world.nowMs();

  const startProcess = (name: string, roles: readonly ('orders' | 'stock')[]): void => {
    const life = startLife(name, { world, faults, wallOffsetMs: plan.wallOffsetMs });
    life.onEnd(() => {
      faults.note('crash');
      endpoints.delete(endpoint);
      world.at(50 + world.random() * 500, () => startProcess(name, roles));
    });
    let endpoint: Endpoint = { command: async () => {} };
    const begin = async (): Promise<void> => {
      const transport = await openTransport({ plan, world, broker, life, faults });
      const parts: ProcessParts = { world, plan, life, transport, bug, failures };
      const starts: (() => Promise<void>)[] = [];
      if (roles.includes('orders')) {
        const orders = await startOrders(servers.orders, parts);
        endpoint = { command: orders.command };
        endpoints.add(endpoint);
        starts.push(orders.start);
      }
      if (roles.includes('stock')) starts.push((await startStock(servers.stock, parts)).start);
      for (const start of starts) await start();
      transport.open?.();
    };
    begin().catch((error: unknown) => {
      if (life.isAlive()) problems.push(`a process did not start: ${String(error)}`);
      life.end();
    });
  };
  const problems: string[] = [];

  const processes: [string, readonly ('orders' | 'stock')[]][] =
    plan.topology === 'in-process'
      ? [['all', ['orders', 'stock']]]
      : Array.from({ length: plan.instances }, (_, n): [string, readonly ('orders' | 'stock')[]][] => [
          [`orders-${n + 1}`, ['orders']],
          [`stock-${n + 1}`, ['stock']],
        ]).flat();
  if (plan.topology === 'broker') declareQueues(broker);
  for (const [name, roles] of processes) startProcess(name, roles);
  for (const { what, atMs, awayMs } of plan.outages)
    world.at(atMs, () => (what === 'broker' ? broker.stop(awayMs) : servers[what].restart(awayMs)));
  world.at(chaosMs, faults.end);

  const acknowledged = new Set<number>();
  for (const one of plan.commands)
    world.at(one.atMs, () => sendCommand({ world, faults, endpoints, acknowledged, bug }, one));

  let drainedAtMs: number | undefined;
  const isOver = (): boolean => {
    if (!faults.isOver() || acknowledged.size < plan.commands.length || !watch.isDrained()) return false;
    drainedAtMs ??= world.nowMs();
    // A while longer: what comes too often may come late.
    return world.nowMs() - drainedAtMs > 1_000;
  };
  for (let n = 1; watch.violations().length === 0; n += 1) {
    if (!(await world.step()) || n > stepLimit) break;
    if (world.nowMs() - beganMs > chaosMs + drainLimitMs) break;
    if (n % 40 === 0 && isOver()) break;
  }
  if (watch.violations().length === 0) watch.close(acknowledged);
  if (watch.violations().length === 0 && acknowledged.size < plan.commands.length)
    problems.push('a client never had its answer');
  if (broker.parked() > 0) problems.push('a message was given to the dead letters of the broker');
  return {
    seed,
    violations: [...watch.violations(), ...problems],
    faults: faults.counts(),
    events: servers.orders.memory.rows('outbox').length + servers.stock.memory.rows('outbox').length,
    effects: servers.orders.memory.rows('effects').length + servers.stock.memory.rows('effects').length,
    steps: world.steps(),
    drainedMs: Math.round((drainedAtMs ?? world.nowMs()) - beganMs - chaosMs),
    plan,
  };
};

type Endpoint = Readonly<{ command: (number: number, stream: number, key: string) => Promise<void> }>;

type Clients = Readonly<{
  world: World;
  faults: ReturnType<typeof createFaults>;
  endpoints: ReadonlySet<Endpoint>;
  acknowledged: Set<number>;
  bug: Bug;
}>;

/** Asks until it is answered; each request and each answer may be lost on its way. */
const sendCommand = (clients: Clients, one: Plan['commands'][number]): void => {
  const { world, faults, endpoints, acknowledged, bug } = clients;
  let tries = 0;
  const isLost = (): boolean => faults.draw('http', ['lost-before']) !== undefined;
  const ask = (): void => {
    if (acknowledged.has(one.number)) return;
    tries += 1;
    const key = bug.forgetsKeys === true ? `${one.number} ${tries}` : `${one.number}`;
    const again = world.at(400 + world.random() * 400, ask);
    const list = [...endpoints];
    const endpoint = list[world.pick(list.length)];
    if (endpoint === undefined || isLost()) return;
    world.at(world.latencyMs(), () => {
      endpoint.command(one.number, one.stream, key).then(
        () => {
          if (isLost()) return;
          world.at(world.latencyMs(), () => {
            again();
            acknowledged.add(one.number);
          });
        },
        // It says that it failed: the client asks again in its time.
        () => {},
      );
    });
  };
  ask();
};

type TransportParts = Parameters<typeof linkTo>[0] & Readonly<{ plan: Plan }>;

const openTransport = async ({ plan, ...parts }: TransportParts) => {
  const { clock } = parts.life;
  if (plan.topology === 'in-process') return createInProcessTransport({ held: true, clock });
  const transport = await createTransportOver(linkTo(parts), {
    ...{ url: 'amqp://simulated', clock, name: parts.life.name },
    publishWindow: 50,
  });
  return { ...transport, open: undefined };
};

/** The queues of every consumer, as they are after the first start of all services. */
const declareQueues = (broker: Broker): void => {
  for (const [queue, pattern] of [
    ['stock.orders', 'post.deleted'],
    ['stock.audit', 'post.deleted'],
    ['orders.answers', 'comment.deleted'],
  ] as const) {
    broker.assertQueue(queue);
    broker.bind(queue, 'gatehouse.events', pattern);
  }
};
