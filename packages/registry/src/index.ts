export type {
  Health,
  HealthCheck,
  Instance,
  InstanceReport,
  Registration,
  Registry,
  ServiceWatch,
} from './registry.ts';
export * from './signatures.ts';
