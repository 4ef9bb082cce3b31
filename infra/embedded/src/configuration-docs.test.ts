import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configurationTable, dotenvExample, listSettings } from './configuration-docs.ts';

const root = join(import.meta.dirname, '../../..');

// `npm test -- -u infra/embedded` writes both files anew.
describe('the documentation of the settings', () => {
  it('says what each is for', () => {
    expect(listSettings().length).toBeGreaterThan(10);
    for (const { name, description } of listSettings()) expect(description, name).not.toBe('');
  });

  it('is the table in docs/reference', async () => {
    await expect(configurationTable()).toMatchFileSnapshot(join(root, 'docs/reference/configuration.md'));
  });

  it('is the example of a .env', async () => {
    await expect(dotenvExample()).toMatchFileSnapshot(join(root, '.env.example'));
  });
});
