import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chapters, configurationPage, dotenvExample, listSettings } from './configuration-docs.ts';

const root = join(import.meta.dirname, '../../..');

// `npm test -- -u infra/servers` writes both files anew.
describe('the documentation of the settings', () => {
  it.each(chapters)('of $title says what each is for', ({ schemas }) => {
    const settings = listSettings(...schemas);

    expect(settings.length).toBeGreaterThan(2);
    for (const { name, description } of settings) expect(description, name).not.toBe('');
  });

  it('is the page in docs/reference', async () => {
    await expect(configurationPage()).toMatchFileSnapshot(join(root, 'docs/reference/configuration.md'));
  });

  it('is the example of a .env', async () => {
    await expect(dotenvExample()).toMatchFileSnapshot(join(root, '.env.example'));
  });
});
