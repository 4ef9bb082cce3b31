import { expect } from 'vitest';
import { answersWith } from './ask.ts';
import { realServerContract } from './real-server.contract.ts';
import { realServer } from './run-servers.ts';
import { startRedis } from './start-servers.ts';

realServer('redis').describe('Redis', () => {
  realServerContract({
    start: startRedis,
    ask: async ({ port }) => expect(await answersWith(port, 'PING\r\n', '+PONG')).toBe(true),
  });
});
