import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSecrets } from './secrets.ts';

describe('the secrets of an installation', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-secrets-'));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  it('are made once and stay the same', async () => {
    const first = await openSecrets(dataDir);
    const second = await openSecrets(dataDir);

    expect(first.madeNow).toBe(true);
    expect(second).toEqual({ secrets: first.secrets, madeNow: false });
  });

  it.runIf(process.platform !== 'win32')('are for their owner alone', async () => {
    await openSecrets(dataDir);

    expect((await stat(join(dataDir, 'secrets.json'))).mode & 0o777).toBe(0o600);
  });
});
