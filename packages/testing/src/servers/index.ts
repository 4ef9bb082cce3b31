export { type FaultProxy, type FaultProxyOptions, startFaultProxy } from './fault-proxy.ts';
export { findServer } from './find-server.ts';
export { type LaunchPostgres, type Postgres, type PostgresOptions, startPostgres } from './postgres.ts';
export type { RabbitMq } from './rabbitmq.ts';
export type { RealServer, ServerName, ServerOptions } from './real-server.ts';
export { type RunServer, type RunServerAccess, realServer } from './run-servers.ts';
export { startConsul, startRabbitMq, startRedis } from './start-servers.ts';
