import type { BalancerTarget, Instance } from '@gatehouse/registry';
import { systemClock } from '@gatehouse/resilience';
import type { ServiceConfig } from '../config/gateway-config.ts';
import type { EjectionCause } from './health/availability.ts';
import type { HealthTarget, PassiveHealth } from './health/passive-health.ts';
import { ConnectionPool } from './http1/connection-pool.ts';

/**
 * How one try at an instance ended.
 * - `ok`: it answered, and did what it was asked for as far as one can tell.
 * - `failed`: a broken connection, no HTTP, or a status that says that it is unwell.
 * - `refused`: no connection came about; nobody is there.
 * - `slow`: it took the request and did not answer in time.
 * - `released`: ended by somebody else (the client hung up, a refusal of ours): says nothing about the instance.
 */
export type Outcome = 'ok' | 'failed' | 'refused' | 'slow' | 'released';

export type PoolSettings = Readonly<ServiceConfig['pools']>;
type Health = Pick<PassiveHealth<UpstreamInstance>, 'failed' | 'refused'>;

/**
 * One instance of a service as the gateway uses it. What is dialled comes from the registry alone. A class with all its
 * fields, since every request reads and writes them: balancer and passive health find what they need in here.
 */
export class UpstreamInstance implements BalancerTarget, HealthTarget {
  readonly id: string;
  /** As the registry described it last. */
  instance: Instance;
  weight: number;
  pool: ConnectionPool;
  /** Requests that were handed to it and have not ended. */
  inFlight = 0;
  unanswered = 0;
  silentSince = 0;
  newSinceMs: number | undefined;
  failuresInARow = 0;
  ejected: EjectionCause | undefined = undefined;
  private readonly health: Health;

  constructor(instance: Instance, pools: PoolSettings, health: Health) {
    this.id = instance.id;
    this.instance = instance;
    this.weight = instance.weight ?? 1;
    this.pool = openPool(instance, pools);
    this.newSinceMs = undefined;
    this.health = health;
  }

  /** The registry says something else of it, but for its address. */
  describe(instance: Instance): void {
    this.instance = instance;
    this.weight = instance.weight ?? 1;
  }

  /** To be told once for each try: passive health goes by it. */
  outcome(kind: Outcome): void {
    switch (kind) {
      case 'ok':
        this.unanswered = 0;
        this.failuresInARow = 0;
        return;
      case 'failed':
        this.unanswered = 0;
        this.health.failed(this);
        return;
      case 'slow':
        this.health.failed(this);
        return;
      case 'refused':
        this.health.refused(this);
        return;
      case 'released':
    }
  }

  /** Other settings for connections; the former pool is the caller's to close. */
  reopen(pools: PoolSettings): void {
    this.pool = openPool(this.instance, pools);
  }
}

/** Connections are opened as needed; without a limit, one for each request in flight, which `maxInFlight` bounds. */
const openPool = ({ address, port }: Instance, pools: PoolSettings): ConnectionPool =>
  new ConnectionPool({
    host: address,
    port,
    connections: pools.connections,
    // Within the 2 s of one try, so that a dead machine leaves time for another instance.
    connectTimeoutMs: pools.connectTimeout,
    // Below the 5 s of Node's servers, so that idle connections are closed from this side first.
    idleMs: pools.keepAlive,
    clock: systemClock,
  });
