import { Agent } from 'node:http';
import type { AppError } from '@gatehouse/errors';
import axios, { AxiosError, type AxiosResponse } from 'axios';
import { instanceOrigin } from './instance-origin.ts';
import type { Instance } from './registry.ts';
import { registryError } from './registry-error.ts';
import type { ServiceRequest, ServiceResponse } from './service-client.ts';
import { toServiceError } from './to-service-error.ts';

/** What came of one attempt. `retry`: never, only where doing it twice does no harm, or always (nothing was sent). */
export type Attempt<T> = Readonly<
  | { ok: true; response: ServiceResponse<T> }
  | { ok: false; error: AppError; retry: 'never' | 'if-safe' | 'always'; reset: boolean }
>;

export type InstanceCaller = Readonly<{
  call<T>(
    instance: Instance,
    request: ServiceRequest,
    headers: Headers,
    signal: AbortSignal,
  ): Promise<Attempt<T>>;
  close(): void;
}>;

type Headers = Readonly<Record<string, string>>;

const maxSocketsPerInstance = 32;
const maxSockets = 256;
const maxIdleSockets = 8;
const maxBodyBytes = 16 * 1024 * 1024;

const notConnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);
const reset: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);
const worthRetrying: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * One call to one instance over axios: connections kept and bounded, no redirects, no proxy of the environment, bodies of
 * at most 16 MiB both ways. It never rejects; time is up when `signal` says so.
 */
export const createInstanceCaller = (): InstanceCaller => {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: maxSocketsPerInstance,
    maxTotalSockets: maxSockets,
    maxFreeSockets: maxIdleSockets,
  });
  const http = axios.create({
    adapter: 'http',
    httpAgent: agent,
    proxy: false,
    maxRedirects: 0,
    maxContentLength: maxBodyBytes,
    maxBodyLength: maxBodyBytes,
    responseType: 'text',
    transformResponse: [(text: unknown) => text],
    validateStatus: () => true,
  });

  return {
    call: async <T>(instance: Instance, request: ServiceRequest, headers: Headers, signal: AbortSignal) => {
      try {
        const response = await http.request<string>({
          url: urlOf(instance, request),
          method: request.method ?? 'GET',
          data: request.body,
          headers,
          signal,
        });
        return toAttempt<T>(instance, response);
      } catch (error) {
        return toFailedAttempt(instance, error, signal);
      }
    },
    close: () => agent.destroy(),
  };
};

const urlOf = (instance: Instance, { path, query = {} }: ServiceRequest): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const suffix = search.size === 0 ? '' : `?${search}`;
  return `${instanceOrigin(instance)}${path.startsWith('/') ? path : `/${path}`}${suffix}`;
};

const toAttempt = <T>(
  { service }: Instance,
  { status, data, headers }: AxiosResponse<string>,
): Attempt<T> => {
  const body = parseBody(data);
  const named = Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value == null ? [] : [[name.toLowerCase(), String(value)]],
    ),
  );
  if (status >= 300) {
    const error = toServiceError({ service, status, body, retryAfter: named['retry-after'] });
    return { ok: false, error, retry: worthRetrying.has(status) ? 'if-safe' : 'never', reset: false };
  }
  if (body === notJson) {
    const error = registryError('bad_service_answer', { details: { service, status, reason: 'no JSON' } });
    return { ok: false, error, retry: 'never', reset: false };
  }
  return { ok: true, response: { status, data: body as T, headers: named } };
};

const notJson = Symbol('not JSON');

const parseBody = (text: string): unknown => {
  if (text === '' || text == null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return notJson;
  }
};

const toFailedAttempt = ({ service }: Instance, error: unknown, signal: AbortSignal): Attempt<never> => {
  const code = error instanceof AxiosError ? (error.code ?? '') : '';
  // The cause is left out: an axios error carries the request with its token.
  const details = { service, reason: code };
  if (signal.aborted) {
    return {
      ok: false,
      error: registryError('gateway_timeout', { details }),
      retry: 'if-safe',
      reset: false,
    };
  }
  if (notConnected.has(code)) {
    return {
      ok: false,
      error: registryError('service_unavailable', { details }),
      retry: 'always',
      reset: false,
    };
  }
  if (reset.has(code)) {
    return {
      ok: false,
      error: registryError('service_unavailable', { details }),
      retry: 'if-safe',
      reset: true,
    };
  }
  return { ok: false, error: registryError('bad_service_answer', { details }), retry: 'never', reset: false };
};
