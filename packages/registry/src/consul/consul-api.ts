import { EventEmitter } from 'node:events';
import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isAppError } from '@gatehouse/errors';
import type { Clock } from '@gatehouse/resilience';
import Consul from 'consul';
import { registryError } from '../registry-error.ts';
import { toRegistryError } from './to-registry-error.ts';

/** What is said about a service, and the index to wait on for the next change. Neither is checked yet. */
export type HealthAnswer = Readonly<{ index: string | undefined; entries: unknown }>;

export type HealthQuestion = Readonly<{
  signal: AbortSignal;
  /** Waits for a change after `index`, up to `waitMs` (and a sixteenth more). Without it the answer comes at once. */
  block?: Readonly<{ index: bigint; waitMs: number }>;
}>;

/** Our side of Consul's `agent/service/register`. */
export type ConsulService = Readonly<{
  id: string;
  name: string;
  address: string;
  port: number;
  tags: readonly string[];
  meta: Readonly<Record<string, string>>;
  check: Readonly<Record<string, string | number>>;
}>;

/** The calls of Consul that we make. Each is bounded in time and rejects with an AppError. */
export type ConsulApi = Readonly<{
  health(service: string, question: HealthQuestion): Promise<HealthAnswer>;
  serviceNames(): Promise<readonly string[]>;
  /** Ids of the services that the agent has a check for. */
  checkedIds(): Promise<ReadonlySet<string>>;
  register(service: ConsulService): Promise<void>;
  deregister(id: string): Promise<void>;
  /** Ends what is under way, and the connections. */
  close(): void;
}>;

export type ConsulApiOptions = Readonly<{ address: string; token?: string; clock: Clock }>;

/** Of one process, for everything. A blocking question holds one, see `maxWatchedServices`. */
const maxSockets = 64;
const requestTimeoutMs = 2000;
/** Consul adds up to a sixteenth to the wait, so that not everybody comes back at once. */
const blockingTimeoutMs = (waitMs: number): number => Math.ceil((waitMs * 17) / 16) + requestTimeoutMs;

/** What the client takes and gives beside what its types say. */
type CallOptions = Readonly<{ ctx: EventEmitter; token?: string }>;
type RawAnswer = readonly [response: IncomingMessage, body: unknown];

/** The `consul` client with time limits by our clock, cancelling, bounded connections and our errors. */
export const createConsulApi = ({ address, token, clock }: ConsulApiOptions): ConsulApi => {
  const baseUrl = `${address.replace(/\/+$/, '')}/v1`;
  const Agent = baseUrl.startsWith('https:') ? HttpsAgent : HttpAgent;
  const agent = new Agent({ keepAlive: true, maxSockets, maxFreeSockets: 8 });
  const options = { baseUrl, agent, ...(token === undefined ? {} : { defaults: { token } }) };
  const consul = new Consul(options);
  const closed = new AbortController();

  const call = async (
    send: (options: CallOptions) => Promise<unknown>,
    { timeoutMs = requestTimeoutMs, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<RawAnswer> => {
    const ended = signal === undefined ? closed.signal : AbortSignal.any([closed.signal, signal]);
    const ctx = Object.assign(new EventEmitter(), { includeResponse: true });
    const cancel = (): void => void ctx.emit('cancel');
    const cancelTimer = clock.schedule(timeoutMs, cancel);
    ended.addEventListener('abort', cancel, { once: true });
    try {
      ended.throwIfAborted();
      return (await send({ ctx })) as RawAnswer;
    } catch (error) {
      throw toRegistryError(error);
    } finally {
      cancelTimer();
      ended.removeEventListener('abort', cancel);
    }
  };

  return {
    health: async (service, { signal, block }) => {
      const query = { service, ...(block && { index: `${block.index}`, wait: `${block.waitMs}ms` }) };
      const [response, entries] = await call((o) => consul.health.service({ ...query, ...o }), {
        signal,
        ...(block && { timeoutMs: blockingTimeoutMs(block.waitMs) }),
      });
      const index = response.headers['x-consul-index'];
      return { index: typeof index === 'string' ? index : undefined, entries };
    },
    serviceNames: async () => {
      const [, body] = await call((o) => consul.catalog.service.list({ ...o }));
      return Object.keys(objectOf(body));
    },
    checkedIds: async () => {
      const [, body] = await call((o) => consul.agent.check.list({ ...o }));
      return new Set(Object.values(objectOf(body)).map((check) => String(objectOf(check).ServiceID)));
    },
    register: async ({ tags, meta, check, ...service }) => {
      const body = { ...service, tags: [...tags], meta: { ...meta }, check: { ...check } };
      await call((o) => consul.agent.service.register({ ...body, ...o } as RegisterOptions));
    },
    deregister: async (id) => {
      try {
        await call((o) => consul.agent.service.deregister({ id, ...o }));
      } catch (error) {
        if (!isUnknownId(error)) throw error;
      }
    },
    close: () => {
      closed.abort();
      agent.destroy();
    },
  };
};

/** The client's type of a check names another check than the one that belongs to a service. */
type RegisterOptions = Parameters<Consul['agent']['service']['register']>[0] & object;

/** Newer Consuls say 404 of an id that they do not know, 1.8 says 200. */
const isUnknownId = (error: unknown): boolean => isAppError(error) && error.details.status === 404;

const objectOf = (body: unknown): Readonly<Record<string, unknown>> => {
  if (typeof body !== 'object' || body === null || Buffer.isBuffer(body))
    throw registryError('registry_unavailable', { details: { reason: 'an answer that is not from Consul' } });
  return body as Readonly<Record<string, unknown>>;
};
