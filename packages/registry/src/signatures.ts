import type { AppError } from '@gatehouse/errors';
import type { Clock } from '@gatehouse/resilience';
import type { Instance, Registry } from './registry.ts';

export type FetchHealth = (url: string, timeoutMs: number) => Promise<number>;
export declare const createInProcessRegistry: (o: { clock: Clock; fetchHealth?: FetchHealth }) => Registry;
export type Balancer = Readonly<{
  pick(candidates: readonly Instance[], load: (id: string) => number): Instance | undefined;
}>;
export type BalancingStrategy = 'least-connections' | 'round-robin' | 'random';
export declare const createBalancer: (strategy: BalancingStrategy, random?: () => number) => Balancer;
export type ServiceRequest = Readonly<{
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  body?: unknown;
  timeoutMs?: number;
  headers?: Readonly<Record<string, string>>;
}>;
export type ServiceResponse<T> = Readonly<{ status: number; data: T; headers: Readonly<Record<string, string>> }>;
export type InstanceAnswer<T> = Readonly<{ instance: Instance }> &
  (Readonly<{ ok: true; response: ServiceResponse<T> }> | Readonly<{ ok: false; error: AppError }>);
export type CallContext = Readonly<{ requestId?: string; traceparent?: string; deadlineAt?: number }>;
export type ServiceClient = Readonly<{
  request<T>(service: string, request: ServiceRequest): Promise<ServiceResponse<T>>;
  requestAll<T>(service: string, request: ServiceRequest): Promise<readonly InstanceAnswer<T>[]>;
  close(): void;
}>;
export declare const createServiceClient: (o: {
  registry: Registry;
  tokens: Readonly<{ issue(name: string): string | Promise<string> }>;
  caller: string;
  clock: Clock;
  timeoutMs?: number;
  context?: () => CallContext | undefined;
}) => ServiceClient;
