import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import type { RunningGatehouse } from './start.ts';
import { startScreen } from './start-screen.ts';

const running: RunningGatehouse = {
  gateway: { port: 8080, operationsPort: 9090 },
  services: [],
  postgres: undefined,
  newAdministratorPassword: undefined,
  stop: async () => {},
};

const screenOf = (variables: Readonly<Record<string, string>>): string =>
  startScreen(parseConfig(variables, '/'), running, { version: '1.0.0', tookMs: 1000, logs: undefined });

describe('the start screen', () => {
  it('says that the limits are not those of the file, and only then', () => {
    expect(screenOf({ RATE_LIMIT_FACTOR: '100' })).toContain('Every rate limit is multiplied by 100.');
    expect(screenOf({})).not.toContain('multiplied');
  });
});
