import { describe, expect, it } from 'vitest';
import { parseGatewaySettings } from './settings.ts';

describe('REDIS_URL', () => {
  it.each([
    'redis://localhost',
    'redis://:pass%2Fword@10.0.0.1:6380/2',
    'rediss://user:word@redis.internal:6379',
    'redis://[::1]:6379',
  ])('takes %s', (url) => {
    expect(parseGatewaySettings({ REDIS_URL: url }).redisUrl).toBe(url);
  });

  it.each([
    'localhost:6379',
    'http://:secret@localhost',
    'redis://',
    'redis://:secret@host:99999',
    'redis://:secret@host/zero',
  ])('refuses %s, and does not repeat it', (url) => {
    expect(() => parseGatewaySettings({ REDIS_URL: url })).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        message: expect.stringMatching(/REDIS_URL: Expected redis:(?!.*secret)/),
      }),
    );
  });

  it('is not needed', () => {
    expect(parseGatewaySettings({}).redisUrl).toBeUndefined();
  });
});
