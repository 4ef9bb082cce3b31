/** One running copy of a service. `address` is an IP: what is dialled comes from here and never needs DNS. */
export type Instance = Readonly<{
  /** Unique among all instances of all services. */
  id: string;
  service: string;
  address: string;
  port: number;
  version: string;
  tags: readonly string[];
  /** Share of the load relative to the others, above 0; 1 if not given. */
  weight?: number;
}>;

export type Health = 'passing' | 'warning' | 'critical';

export type InstanceReport = Instance & Readonly<{ health: Health; checkedAt?: string; output?: string }>;

export type HealthCheck = Readonly<{
  /**
   * Name the instance in it (`/readyz?instance=…`) where it can answer for itself alone: an address and port that a dead instance
   * left behind may be somebody else's a moment later, who is healthy too.
   */
  path: '/readyz' | `/readyz?instance=${string}`;
  /** Default 5000. */
  intervalMs?: number;
  /** Default 2000. */
  timeoutMs?: number;
  /** Failures in a row until an instance is critical; default 2. One success makes it passing. */
  failuresBeforeCritical?: number;
}>;

export type Registration = Readonly<{ deregister(): Promise<void> }>;

/** The healthy instances of one service, kept up to date in the background. */
export type ServiceWatch = Readonly<{
  /** Healthy ones as last known; the same array until something changes, so it is free to ask on every request. */
  instances(): readonly Instance[];
  /** When the registry was last heard of, in milliseconds since the epoch; undefined before its first answer. */
  updatedAt(): number | undefined;
  close(): void;
}>;

/**
 * Port: who runs where, and is it healthy. Adapters: in-process (here), Consul. All pass `registry.contract.ts`.
 */
export type Registry = Readonly<{
  register(instance: Instance, check: HealthCheck): Promise<Registration>;
  watch(service: string, onChange?: (healthy: readonly Instance[]) => void): ServiceWatch;
  list(): Promise<readonly InstanceReport[]>;
  close(): Promise<void>;
}>;
