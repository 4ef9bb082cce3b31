import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { plugin, setUp } from './fixture/set-up-plugins.ts';
import { definePlugin } from './plugin.ts';
import type { PluginHandle } from './plugin-handle.ts';

describe('the first start', () => {
  it('installs and activates what is listed, dependencies first', async () => {
    const { host, log, mounted } = setUp([
      plugin('likes', undefined, { comments: '^1.0.0' }),
      plugin('comments', undefined, { posts: '^1.0.0' }),
    ]);

    await host.start();

    expect(log).toEqual(['migrate comments', 'migrate likes']);
    expect(mounted).toEqual([['comments'], ['likes']]);
    expect(host.list()).toEqual([
      { name: 'comments', version: '1.0.0', dependencies: { posts: '^1.0.0' }, state: 'active' },
      { name: 'likes', version: '1.0.0', dependencies: { comments: '^1.0.0' }, state: 'active' },
    ]);
  });

  it('leaves out what is disabled', async () => {
    const { host } = setUp([{ plugin: plugin('comments'), enabled: false }]);

    await host.start();

    expect(host.list()).toEqual([]);
    await expect(host.activate('comments')).rejects.toMatchObject({ code: 'plugin_unknown' });
  });

  it('goes on when one fails: nothing of that is left, and its dependents say why they are not active', async () => {
    const { host, mounted } = setUp([
      plugin('broken', async (handle) => {
        handle.routes(['of broken']);
        await handle.subscribe('of broken');
        throw new Error('no such bucket');
      }),
      plugin('needy', undefined, { broken: '*' }),
      plugin('fine'),
    ]);

    await host.start();

    expect(mounted).toEqual([['fine']]);
    expect(host.list()).toMatchObject([
      { name: 'broken', state: 'failed', error: 'no such bucket' },
      { name: 'needy', state: 'failed', error: expect.stringContaining('broken') },
      { name: 'fine', state: 'active' },
    ]);
  });

  it('ends an activation that hangs', async () => {
    const { host, clock, stateOf, mounted } = setUp([
      plugin('slow', (handle) => {
        handle.routes(['of slow']);
        return new Promise(() => {});
      }),
    ]);

    const started = host.start();
    await clock.advance(30_000);
    await started;

    expect(stateOf('slow')).toBe('failed');
    expect(mounted).toEqual([]);
  });
});

describe('a restart', () => {
  it('brings back what was active and leaves the rest as it was', async () => {
    const plugins = [plugin('on'), plugin('off'), plugin('gone')];
    const before = setUp(plugins);
    await before.host.start();
    await before.host.deactivate('off');
    await before.host.deactivate('gone');
    await before.host.uninstall('gone');
    await before.host.stop();
    expect(before.mounted).toEqual([]);

    const after = setUp(plugins, { states: before.deps.states });
    await after.host.start();

    expect(after.host.list().map(({ name, state }) => [name, state])).toEqual([
      ['on', 'active'],
      ['off', 'inactive'],
      ['gone', 'available'],
    ]);
    expect(after.log).toEqual([]);
  });

  it('with a newer version migrates, and keeps the stored configuration', async () => {
    const config = z.object({ size: z.int(), color: z.string().optional() });
    const seen: unknown[] = [];
    const version = (number: string, defaults: Record<string, unknown>) =>
      definePlugin({
        name: 'upload',
        version: number,
        config,
        defaults,
        activate: (host) => void seen.push(host.config),
      });
    const before = setUp([version('1.0.0', { size: 1 })]);
    await before.host.start();
    const after = setUp([version('1.1.0', { size: 2, color: 'red' })], { states: before.deps.states });
    await after.host.start();

    expect(after.log).toEqual(['migrate upload']);
    expect(seen).toEqual([{ size: 1 }, { size: 1, color: 'red' }]);
  });
});

describe('configuration', () => {
  const upload = definePlugin({
    name: 'upload',
    version: '1.0.0',
    config: z.strictObject({ bucket: z.string(), limit: z.int() }),
    defaults: { limit: 10 },
    activate: (host) => host.routes([host.config.bucket, host.config.limit]),
  });

  it('is the entry over the defaults', async () => {
    const { host, mounted } = setUp([{ plugin: upload, enabled: true, config: { bucket: 'photos' } }]);
    await host.start();

    expect(mounted).toEqual([['photos', 10]]);
  });

  it('that does not fit is named by field, never by value, and keeps the plugin out', async () => {
    const { host } = setUp([{ plugin: upload, enabled: true, config: { bucket: 7, token: 'hunter2' } }]);
    await host.start();

    const [report] = host.list();
    expect(report).toMatchObject({ state: 'failed', error: expect.stringContaining('/bucket') });
    expect(report?.error).not.toContain('hunter2');
  });
});

describe('services', () => {
  it('are found among the host’s and those of dependencies alone', async () => {
    const found: unknown[] = [];
    const tryFind = (host: PluginHandle, name: string) => {
      try {
        return host.find(name);
      } catch (error) {
        return (error as { code?: string }).code;
      }
    };
    const { host } = setUp(
      [
        plugin('storage', (handle) => handle.service('files', 'the files')),
        plugin('friend', (handle) => void found.push(tryFind(handle, 'files'), tryFind(handle, 'posts')), {
          storage: '*',
        }),
        plugin('stranger', (handle) => void found.push(tryFind(handle, 'files'))),
      ],
      { services: { posts: 'the posts' } },
    );
    await host.start();

    expect(found).toEqual(['the files', 'the posts', 'plugin_service_missing']);
  });

  it('have one owner', async () => {
    const { host } = setUp([
      plugin('a', (handle) => handle.service('files', 1)),
      plugin('b', (handle) => handle.service('files', 2)),
    ]);
    await host.start();

    expect(host.list()).toMatchObject([{ state: 'active' }, { state: 'failed' }]);
  });
});

describe('a stopped host', () => {
  it('takes no more orders', async () => {
    const { host } = setUp([plugin('comments')]);
    await host.start();
    await host.stop();

    await expect(host.activate('comments')).rejects.toMatchObject({ code: 'plugin_host_stopped' });
  });
});

describe('two of one name', () => {
  it('are a bug', () => {
    expect(() => setUp([plugin('posts')])).toThrow('two plugins or modules are named "posts"');
  });
});
