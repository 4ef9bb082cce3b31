import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';

const logInto = (lines: string[]) =>
  createLogger({ name: 'notes', destination: { write: (line) => void lines.push(line) } });

describe('a log line', () => {
  it('never holds what is named like a secret, at any of three levels', () => {
    const lines: string[] = [];
    logInto(lines).info(
      {
        password: 'hunter2',
        headers: {
          authorization: 'hunter2',
          cookie: 'hunter2',
          'set-cookie': 'hunter2',
          'x-api-key': 'hunter2',
        },
        a: { b: { token: 'hunter2', refreshToken: 'hunter2' } },
        user: { id: 'u1' },
      },
      'signed in',
    );

    expect(lines.join()).not.toContain('hunter2');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      name: 'notes',
      msg: 'signed in',
      password: '[redacted]',
      user: { id: 'u1' },
    });
  });

  it('of an error has its causes, and not what the driver adds', () => {
    const lines: string[] = [];
    const cause = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (email)=(a@b.c) exists.',
    });
    logInto(lines).error({ err: new Error('registering failed', { cause }) }, 'failed');

    expect(lines.join()).not.toContain('a@b.c');
    expect(JSON.parse(lines[0] ?? '').err).toMatchObject({
      message: 'registering failed',
      cause: { code: '23505', message: 'duplicate key' },
    });
  });
});
