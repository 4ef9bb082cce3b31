import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseEnvironment } from './parse-environment.ts';
import { databaseEnvironment, serviceEnvironment } from './service-environment.ts';

const secret = 'a secret of at least 32 characters';
const given = {
  POSTS_DATABASE_URL: 'postgres://posts:pw@127.0.0.1:5432/posts',
  RABBITMQ_URL: 'amqp://guest:guest@127.0.0.1',
  CONSUL_HTTP_ADDR: '127.0.0.1:8500',
  SERVICE_TOKEN_SECRET: secret,
};
const read = (variables: Record<string, string>) =>
  parseEnvironment(variables, serviceEnvironment, databaseEnvironment('posts'));

const complaintOf = (variables: Record<string, string>): string => {
  try {
    read(variables);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('the environment of a service', () => {
  it('needs the database, RabbitMQ, Consul and the secret, and no more', () => {
    const [common, database] = read(given);

    expect(common).toMatchObject({
      CONSUL_HTTP_ADDR: 'http://127.0.0.1:8500',
      HOST: '127.0.0.1',
      PORT: 0,
      LOG_LEVEL: 'info',
    });
    expect(database).toEqual({ POSTS_DATABASE_URL: given.POSTS_DATABASE_URL });
  });

  it('names everything that is missing at once, an empty one too', () => {
    const complaint = complaintOf({ RABBITMQ_URL: '' });

    for (const name of Object.keys(given)) expect(complaint).toMatch(new RegExp(`${name}: is missing`));
  });

  it.each([
    ['RABBITMQ_URL', 'http://hunter2'],
    ['POSTS_DATABASE_URL', 'hunter2'],
    ['SERVICE_TOKEN_SECRET', 'hunter2'],
    ['CONSUL_HTTP_ADDR', 'ftp://hunter2'],
    ['HOST', 'hunter2'],
    ['PORT', 'hunter2'],
    ['ADVERTISE_ADDRESS', 'hunter2'],
    ['LOG_LEVEL', 'hunter2'],
  ])('refuses a wrong %s without repeating it', (name, value) => {
    const complaint = complaintOf({ ...given, [name]: value });

    expect(complaint).toContain(`${name}: `);
    expect(complaint).not.toContain('hunter2');
  });
});

describe('variables that two schemas read', () => {
  it('are complained about once', () => {
    const port = z.object({ PORT: z.coerce.number() });

    expect(() => parseEnvironment({ PORT: 'x' }, port, port)).toThrow(/^[^\n]+\n {2}PORT: [^\n]+$/);
  });
});
