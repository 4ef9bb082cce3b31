import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';

describe('the settings of the embedded start', () => {
  it('need nothing to be set', () => {
    expect(parseConfig({}, '/srv/gatehouse')).toMatchObject({
      port: 8080,
      operationsPort: 9090,
      publicUrl: 'http://localhost:8080',
      dataDir: '/srv/gatehouse/.gatehouse',
      administrator: { email: 'admin@gatehouse.local', password: undefined },
    });
  });

  it('take an empty variable as unset', () => {
    expect(parseConfig({ PORT: '', ADMIN_PASSWORD: '' }, '/')).toMatchObject({ port: 8080 });
  });

  it('point the links of mails at the port that was chosen', () => {
    expect(parseConfig({ PORT: '8181' }, '/').publicUrl).toBe('http://localhost:8181');
  });

  it('name every wrong variable at once', () => {
    const read = () => parseConfig({ PORT: 'eighty', ADMIN_PASSWORD: 'short', LOG_LEVEL: 'loud' }, '/');

    expect(read).toThrow(/PORT.*[\s\S]*ADMIN_PASSWORD.*[\s\S]*LOG_LEVEL/);
  });

  it('never repeat a secret in what they say', () => {
    expect(() => parseConfig({ ADMIN_PASSWORD: 'hunter2', USERS_DATABASE_URL: 'oops:secret' }, '/')).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/hunter2|secret/) }),
    );
  });
});
