import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkConfig } from './check-config.ts';

const write = async (text: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-check-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'routes.yaml'), text);
  return join(folder, 'routes.yaml');
};

describe('configuration: the check command', () => {
  it('says in one sentence what a good file holds', async () => {
    const file = fileURLToPath(new URL('../../gateway.yaml', import.meta.url));

    expect(await checkConfig(file)).toEqual({
      ok: true,
      text: expect.stringMatching(/^gateway.yaml is fine: \d+ routes to orders, posts, users\.$/),
    });
  });

  it('names every mistake of a bad one, with its line', async () => {
    const file = await write('routes:\n  - { path: x, service: posts }\n  - { path: /y }\n');

    expect(await checkConfig(file)).toEqual({
      ok: false,
      text: [
        "The gateway's configuration has 2 mistakes:",
        'routes.yaml:2:7: routes[0].path: Expected a path like /api/posts or /api/posts/*',
        'routes.yaml:3:5: routes[1].service: It is missing: expected text',
      ].join('\n'),
    });
  });

  it('says so when there is no file', async () => {
    expect(await checkConfig('/nowhere/gateway.yaml')).toEqual({
      ok: false,
      text: 'gateway.yaml cannot be read.',
    });
  });
});
