import { answersWith } from './ask.ts';
import { knowsItself } from './consul.ts';
import { type ContainerServer, runContainer } from './container-server.ts';
import type { InstalledServer } from './programs.ts';
import { amqpUrl, answersAmqp, controls, type RabbitMq } from './rabbitmq.ts';
import type { RealServer } from './real-server.ts';

/** What runs where a server is not installed and a Docker Engine answers. */
export const images: Readonly<Record<InstalledServer, string>> = {
  rabbitmq: 'rabbitmq:4.1',
  consul: 'hashicorp/consul:1.21',
  redis: 'redis:8.2',
};

export const containRedis = (port: number): Promise<RealServer> =>
  runContainer({
    name: 'redis',
    image: images.redis,
    url: `redis://127.0.0.1:${port}`,
    port,
    innerPort: 6379,
    command: ['redis-server', '--appendonly', 'no', '--save', ''],
    answers: () => answersWith(port, 'PING\r\n', '+PONG'),
  });

export const containConsul = (port: number): Promise<RealServer> =>
  runContainer({
    name: 'consul',
    image: images.consul,
    url: `http://127.0.0.1:${port}`,
    port,
    innerPort: 8500,
    command: ['agent', '-server', '-bootstrap-expect=1', '-client=0.0.0.0', '-bind=127.0.0.1'],
    answers: () => knowsItself(port),
  });

export const containRabbitMq = async (port: number): Promise<RabbitMq> => {
  const server: ContainerServer = await runContainer({
    name: 'rabbitmq',
    image: images.rabbitmq,
    url: amqpUrl(port),
    port,
    innerPort: 5672,
    command: [],
    answers: () => answersAmqp(port),
  });
  return {
    ...server,
    stopApp: () => server.run(['rabbitmqctl', ...controls.stopApp]),
    startApp: () => server.run(['rabbitmqctl', ...controls.startApp]),
    block: () => server.run(['rabbitmqctl', ...controls.block]),
    unblock: () => server.run(['rabbitmqctl', ...controls.unblock]),
  };
};
