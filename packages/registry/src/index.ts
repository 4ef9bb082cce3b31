export {
  type Balancer,
  type BalancerOptions,
  type BalancingStrategy,
  createBalancer,
} from './balancing/balancer.ts';
export { createSlowStart, type SlowStart, type SlowStartOptions } from './balancing/slow-start.ts';
export type { BalancerTarget } from './balancing/target.ts';
export { checkHealth, type Finding } from './check-health.ts';
export { type ConsulRegistryOptions, createConsulRegistry } from './consul/consul-registry.ts';
export { type FetchHealth, fetchHealthByHttp } from './fetch-health.ts';
export { createInProcessRegistry, type InProcessRegistryOptions } from './in-process-registry.ts';
export { instanceOrigin } from './instance-origin.ts';
export type {
  Health,
  HealthCheck,
  Instance,
  InstanceReport,
  Registration,
  Registry,
  ServiceWatch,
} from './registry.ts';
export { registryError } from './registry-error.ts';
export type { RegistryLogger } from './registry-logger.ts';
export {
  type CallContext,
  createServiceClient,
  type InstanceAnswer,
  type ServiceClient,
  type ServiceClientOptions,
  type ServiceRequest,
  type ServiceResponse,
} from './service-client.ts';
