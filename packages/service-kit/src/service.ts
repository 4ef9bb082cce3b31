import type { KeySource, RevocationList, ServicePrincipal } from '@gatehouse/auth';
import type { Ids } from '@gatehouse/contracts';
import type { Database, Migrations, Transact } from '@gatehouse/database';
import type { EventStore, Projection } from '@gatehouse/event-store';
import type { Messaging, Subscription, Transport } from '@gatehouse/messaging';
import type { PluginEntry } from '@gatehouse/plugin-host';
import type { Registry, ServiceClient } from '@gatehouse/registry';
import type { Clock } from '@gatehouse/resilience';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Route } from './route.ts';
import type { OpenTracing } from './tracing/tracing.ts';

/** Something that runs beside the requests: started before the service is ready, stopped before its database closes. */
export type Background = Readonly<{ name: string; start(): Promise<void>; stop(): Promise<void> }>;

/** What a service hands to its plugins. */
export type ServicePlugins = Readonly<{
  entries: readonly PluginEntry[];
  /** Versions that plugins may depend on, beside the service's own name and version. */
  modules?: Readonly<Record<string, string>>;
  /** What `host.find(name)` gives. */
  services?: Readonly<Record<string, unknown>>;
}>;

/** What a service is made of: values only, nothing runs yet. */
export type ServiceApp = Readonly<{
  routes: readonly Route[];
  subscriptions?: readonly Subscription[];
  projections?: readonly Projection[];
  plugins?: ServicePlugins;
  background?: readonly Background[];
  /** Own sources of keys and revocations: users alone. Every other service asks users. The kit starts and stops them. */
  tokens?: Readonly<{ keys: KeySource; revocations: RevocationList }>;
}>;

/** What the kit opened for the service. `S`: its tables; `C`: its own settings. */
export type ServiceDeps<S, C> = Readonly<{
  database: Database<S>;
  db: Kysely<S>;
  /** Use it for every change: after the commit it wakes the relay and the projections. */
  transact: Transact<S>;
  messaging: Messaging;
  eventStore: EventStore;
  client: ServiceClient;
  clock: Clock;
  ids: Ids;
  logger: Logger;
  config: C;
}>;

export type ServiceDefinition<S, C> = Readonly<{
  /** `posts`: its name in the registry, in events and logs, and the owner of its migrations. */
  name: string;
  /** semver */
  version: string;
  migrations: Migrations;
  /** Checks `settings` of the parts; without it they are taken as they are. */
  settings?: z.ZodType<C>;
  /** Pure wiring. */
  create(deps: ServiceDeps<S, C>): ServiceApp;
}>;

/** What the process chose for the service to run on. */
export type ServiceParts = Readonly<{
  databaseUrl: string;
  registry: Registry;
  transport: Transport;
  serviceTokens: Readonly<{
    issue(service: string): string | Promise<string>;
    verify(token: string): Promise<ServicePrincipal>;
  }>;
  clock: Clock;
  ids: Ids;
  logger: Logger;
  /** Opens where the spans of sampled traces go; without it there are none. Opened and closed here. */
  openTracing?: OpenTracing | undefined;
  /** 127.0.0.1 unless given; it is also the address in the registry, so `0.0.0.0` needs `advertise`. */
  host?: string;
  /** The IP that others reach this instance at, when it is not `host`. */
  advertise?: string;
  /** 0 (any free one) unless given. */
  port?: number;
  settings?: unknown;
  /** Aborted when the process is told to end: a start that still waits for somebody then rejects. */
  stopping?: AbortSignal;
  /** Connections of the service's pool; the database kit's default unless given. */
  poolSize?: number;
}>;

export type RunningService = Readonly<{
  name: string;
  instanceId: string;
  address: string;
  port: number;
  /** Ends within 10 s, at the second call too. */
  stop(): Promise<void>;
}>;
