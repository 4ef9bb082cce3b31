import { describe, expect, it } from 'vitest';
import { maskSecrets } from './mask-secrets.ts';

describe('configuration: what is shown of the settings', () => {
  it.each([
    [{ redisUrl: 'redis://:pass%2Fword@10.0.0.1:6380/2' }, { redisUrl: 'redis://:***@10.0.0.1:6380/2' }],
    [{ redisUrl: 'rediss://me:word@redis' }, { redisUrl: 'rediss://***:***@redis' }],
    [{ url: 'redis://h/0?password=word&db=1' }, { url: 'redis://h/0?password=***&db=1' }],
    [{ url: 'broken://a:b@[/x' }, { url: 'broken://***@[/x' }],
    [
      { SERVICE_TOKEN_SECRET: 'x', CONSUL_HTTP_TOKEN: 'y' },
      { SERVICE_TOKEN_SECRET: '***', CONSUL_HTTP_TOKEN: '***' },
    ],
    [{ CONSUL_HTTP_TOKEN: undefined }, { CONSUL_HTTP_TOKEN: undefined }],
    [
      { port: 8080, trustedProxies: ['10.0.0.0/8'] },
      { port: 8080, trustedProxies: ['10.0.0.0/8'] },
    ],
    [{ deep: { password: 'x', host: 'h' } }, { deep: { password: '***', host: 'h' } }],
  ])('%j is %j', (settings, shown) => {
    expect(maskSecrets(settings)).toEqual(shown);
  });
});
