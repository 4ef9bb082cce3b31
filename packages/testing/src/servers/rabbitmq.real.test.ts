import { afterAll, beforeAll, expect, it } from 'vitest';
import { answersAmqp, type RabbitMq } from './rabbitmq.ts';
import { realServerContract } from './real-server.contract.ts';
import { realServer } from './run-servers.ts';
import { startRabbitMq } from './start-servers.ts';

realServer('rabbitmq').describe('RabbitMQ', () => {
  realServerContract({
    start: startRabbitMq,
    ask: async ({ port }) => expect(await answersAmqp(port)).toBe(true),
  });

  realServer('rabbitmq').describe('whose application is stopped', () => {
    let server: RabbitMq;

    beforeAll(async () => {
      server = await startRabbitMq();
    });

    afterAll(() => server.dispose());

    it('does not answer while its process lives on, and answers when it is started', async () => {
      const pid = server.pid();
      await server.stopApp();
      expect(await answersAmqp(server.port)).toBe(false);
      expect(server.pid()).toBe(pid);
      await server.startApp();
      expect(await answersAmqp(server.port)).toBe(true);
      expect(server.pid()).toBe(pid);
    });
  });
});
