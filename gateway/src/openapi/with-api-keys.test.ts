import { describe, expect, it } from 'vitest';
import { withApiKeys } from './with-api-keys.ts';

const operation = (...security: readonly object[]) => ({ summary: 's', security });

describe('the document of a service, as callers outside see it', () => {
  const document = withApiKeys({
    paths: {
      '/api/a': {
        summary: 'Both',
        get: operation({}, { bearer: [] }),
        post: operation({ bearer: [] }),
        put: operation(),
      },
    },
    components: { schemas: { Item: {} }, securitySchemes: { bearer: { type: 'http' } } },
  });

  it('takes an API key wherever a token is taken', () => {
    expect(document.paths?.['/api/a']).toEqual({
      summary: 'Both',
      get: operation({}, { bearer: [] }, { apiKey: [] }),
      post: operation({ bearer: [] }, { apiKey: [] }),
      put: operation(),
    });
  });

  it('says where the key stands', () => {
    expect(document.components).toMatchObject({
      schemas: { Item: {} },
      securitySchemes: { bearer: { type: 'http' }, apiKey: { in: 'header', name: 'X-Api-Key' } },
    });
  });
});
