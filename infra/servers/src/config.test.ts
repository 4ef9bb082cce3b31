import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import { planInstances } from './instances.ts';
import type { ServerAddresses } from './private-servers.ts';

describe('the settings of the start as separate processes', () => {
  it('need nothing to be set', () => {
    expect(parseConfig({}, '/srv/gatehouse')).toMatchObject({
      gateways: [
        { port: 8080, operationsPort: 9090 },
        { port: 8081, operationsPort: 9091 },
      ],
      publicUrl: 'http://localhost:8080',
      dataDir: '/srv/gatehouse/.gatehouse/servers',
      given: { rabbitMq: undefined, consul: undefined, redis: undefined },
    });
  });

  it.each(['8080', '8080,x', '8080,8081,8082', '8080,0'])('refuse %s for two ports', (ports) => {
    expect(() => parseConfig({ GATEWAY_PORTS: ports }, '/')).toThrow(/GATEWAY_PORTS/);
  });

  it('never repeat a secret in what they say', () => {
    const read = () => parseConfig({ RABBITMQ_URL: 'http://hunter2', ADMIN_PASSWORD: 'short' }, '/');

    expect(read).toThrow(/ADMIN_PASSWORD[\s\S]*RABBITMQ_URL/);
    expect(read).toThrow(expect.objectContaining({ message: expect.not.stringMatching(/hunter2/) }));
  });
});

describe('the processes', () => {
  const addresses: ServerAddresses = {
    databases: { users: 'postgres://u/users', posts: 'postgres://u/posts', orders: 'postgres://u/orders' },
    rabbitMq: 'amqp://u',
    consul: 'http://u',
    redis: 'redis://u',
    started: [],
  };
  const plans = planInstances({
    config: parseConfig({ HOST: '127.0.0.1' }, '/'),
    addresses,
    secret: 'the secret',
    administratorPassword: 'the password',
  });
  const of = (name: string) => plans.find((plan) => plan.name === name)?.env ?? {};

  it('are two of each service and two gateways', () => {
    expect(plans.map(({ name }) => name)).toEqual([
      ...['users-1', 'users-2', 'posts-1', 'posts-2', 'orders-1', 'orders-2'],
      ...['gateway-1', 'gateway-2'],
    ]);
    expect([of('gateway-1').PORT, of('gateway-2').PORT]).toEqual(['8080', '8081']);
  });

  it("know no service's database but their own, and no password that they do not need", () => {
    for (const { name, env } of plans) {
      const databases = Object.keys(env).filter((variable) => variable.endsWith('_DATABASE_URL'));
      const service = name.split('-')[0] as string;
      expect(databases).toEqual(service === 'gateway' ? [] : [`${service.toUpperCase()}_DATABASE_URL`]);
      expect('ADMIN_PASSWORD' in env).toBe(service === 'users');
    }
  });

  it('keep what they keep in a folder of their own', () => {
    expect(new Set(plans.map(({ env }) => env.DATA_DIR)).size).toBe(plans.length);
  });
});
