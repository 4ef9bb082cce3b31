import type { AppError } from '@gatehouse/errors';
import { type Clock, createDeadline, type Deadline } from '@gatehouse/resilience';
import { cheaperOfTwo } from './balancing/least-connections.ts';
import { type Attempt, createInstanceCaller } from './call-instance.ts';
import type { Instance, Registry } from './registry.ts';
import { registryError } from './registry-error.ts';
import { createServiceWatches } from './service-watches.ts';

export type ServiceRequest = Readonly<{
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From `/` on, without the query; its parts are encoded already. */
  path: string;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  body?: unknown;
  /** For all attempts together. */
  timeoutMs?: number;
  headers?: Readonly<Record<string, string>>;
}>;

/** `data` is the whole parsed body (`{ data, meta }` of our services); undefined when there was none. Header names are lower case. */
export type ServiceResponse<T> = Readonly<{
  status: number;
  data: T;
  headers: Readonly<Record<string, string>>;
}>;

export type InstanceAnswer<T> = Readonly<
  | { instance: Instance; ok: true; response: ServiceResponse<T> }
  | { instance: Instance; ok: false; error: AppError }
>;

/** What the work at hand passes on to the services it calls. */
export type CallContext = Readonly<{
  requestId?: string;
  traceparent?: string;
  /** When the caller's own time is over, in milliseconds since the epoch. */
  deadlineAt?: number;
}>;

/**
 * Our own calls between parts. Anything but a 2xx is an AppError: a problem of the service keeps its code;
 * `service_unavailable`, `gateway_timeout`, `bad_service_answer` are ours.
 */
export type ServiceClient = Readonly<{
  /** Asks one healthy instance. A GET goes to another one once when the first fails or takes half of the time. */
  request<T>(service: string, request: ServiceRequest): Promise<ServiceResponse<T>>;
  /** Asks every healthy instance once, no retries; never rejects because of an instance. */
  requestAll<T>(service: string, request: ServiceRequest): Promise<readonly InstanceAnswer<T>[]>;
  close(): void;
}>;

export type ServiceClientOptions = Readonly<{
  registry: Registry;
  tokens: Readonly<{ issue(service: string): string | Promise<string> }>;
  /** Our own name, which the service token says. */
  caller: string;
  clock: Clock;
  timeoutMs?: number;
  context?: () => CallContext | undefined;
}>;

/** How long a first question waits for the registry's first answer, at most. */
const patienceMs = 1000;

/**
 * axios that finds a healthy instance (least connections of two), proves who is calling, and passes on `X-Request-Id`,
 * `traceparent` and `X-Request-Deadline` (milliseconds since the epoch). Time, connections and bodies are bounded.
 */
export const createServiceClient = ({
  registry,
  tokens,
  caller,
  clock,
  timeoutMs: defaultTimeoutMs = 2000,
  context = () => undefined,
}: ServiceClientOptions): ServiceClient => {
  const watches = createServiceWatches(registry, clock);
  const instances = createInstanceCaller();
  const inFlight = new Map<string, number>();

  const load = (id: string): number => inFlight.get(id) ?? 0;

  const pick = (candidates: readonly Instance[]): Instance | undefined =>
    cheaperOfTwo(candidates, ({ id, weight = 1 }) => (load(id) + 1) / weight);

  const count = (id: string, change: 1 | -1): void => {
    const next = load(id) + change;
    if (next === 0) inFlight.delete(id);
    else inFlight.set(id, next);
  };

  const attempt = async <T>(
    instance: Instance,
    request: ServiceRequest,
    timeoutMs: number,
  ): Promise<Attempt<T>> => {
    const deadline = createDeadline(clock, timeoutMs);
    count(instance.id, 1);
    try {
      return await instances.call<T>(instance, request, await headersFor(request, deadline), deadline.signal);
    } finally {
      count(instance.id, -1);
      deadline.clear();
    }
  };

  const headersFor = async ({ headers = {}, body }: ServiceRequest, deadline: Deadline) => {
    const { requestId, traceparent } = context() ?? {};
    return {
      accept: 'application/json, application/problem+json',
      'accept-encoding': 'identity',
      'user-agent': `gatehouse/${caller}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
      ...(traceparent === undefined ? {} : { traceparent }),
      'x-request-deadline': String(Math.floor(deadline.at)),
      authorization: `Bearer ${await tokens.issue(caller)}`,
      ...headers,
    };
  };

  const startDeadline = ({ timeoutMs = defaultTimeoutMs }: ServiceRequest): Deadline => {
    const { deadlineAt = Number.POSITIVE_INFINITY } = context() ?? {};
    return createDeadline(clock, Math.max(0, Math.min(timeoutMs, deadlineAt - clock.now())));
  };

  const candidatesOf = async (service: string, deadline: Deadline): Promise<readonly Instance[]> => {
    const candidates = await watches.instancesOf(service, Math.min(patienceMs, deadline.remainingMs()));
    if (candidates.length > 0) return candidates;
    throw registryError('service_unavailable', {
      details: { service, reason: 'no healthy instance', retryAfterSeconds: 1 },
    });
  };

  const request = async <T>(service: string, asked: ServiceRequest): Promise<ServiceResponse<T>> => {
    const deadline = startDeadline(asked);
    const candidates = await candidatesOf(service, deadline);
    const first = pick(candidates) as Instance;
    const others = candidates.filter(({ id }) => id !== first.id);
    const safe = (asked.method ?? 'GET') === 'GET';
    const share = safe && others.length > 0 ? 2 : 1;

    const answer = await attempt<T>(first, asked, deadline.remainingMs() / share);
    if (answer.ok) return answer.response;
    // A reset is most often a kept connection that the instance was closing: alone, it may be asked once more itself.
    const second = pick(others) ?? (answer.reset ? first : undefined);
    const mayRetry = answer.retry === 'always' || (answer.retry === 'if-safe' && safe);
    if (!mayRetry || second === undefined || deadline.expired()) throw answer.error;

    const again = await attempt<T>(second, asked, deadline.remainingMs());
    if (again.ok) return again.response;
    throw again.error;
  };

  const requestAll = async <T>(
    service: string,
    asked: ServiceRequest,
  ): Promise<readonly InstanceAnswer<T>[]> => {
    const deadline = startDeadline(asked);
    const candidates = await candidatesOf(service, deadline);
    return Promise.all(
      candidates.map(async (instance): Promise<InstanceAnswer<T>> => {
        const answer = await attempt<T>(instance, asked, deadline.remainingMs());
        return answer.ok
          ? { instance, ok: true, response: answer.response }
          : { instance, ok: false, error: answer.error };
      }),
    );
  };

  return {
    request,
    requestAll,
    close: () => {
      watches.close();
      instances.close();
    },
  };
};
