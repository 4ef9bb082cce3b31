export type { RabbitMq } from './rabbitmq.ts';
export type { RealServer, ServerName, ServerOptions } from './real-server.ts';
export { startConsul, startRabbitMq, startRedis } from './start-servers.ts';
