import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createMemoryPluginStates } from './memory-plugin-states.ts';
import { definePlugin, type Plugin, type PluginEntry } from './plugin.ts';
import type { PluginHandle } from './plugin-handle.ts';
import { createPluginHost, type PluginHostDeps } from './plugin-host.ts';

const setUp = (plugins: readonly (Plugin | PluginEntry)[], changes: Partial<PluginHostDeps> = {}) => {
  const mounted: unknown[] = [];
  const log: string[] = [];
  const clock = createManualClock();
  const mount = (thing: unknown) => {
    mounted.push(thing);
    return () => {
      mounted.splice(mounted.indexOf(thing), 1);
      log.push(`undo ${String(thing)}`);
    };
  };
  const deps: PluginHostDeps = {
    modules: { posts: '1.0.0' },
    plugins: plugins.map((one) => ('plugin' in one ? one : { plugin: one, enabled: true })),
    states: createMemoryPluginStates(),
    contribute: { routes: mount, middleware: mount, subscribe: async (subscription) => mount(subscription) },
    migrate: async ({ name }) => void log.push(`migrate ${name}`),
    services: {},
    clock,
    logger: { info: () => {}, error: (_, message) => void log.push(message) },
    ...changes,
  };
  const host = createPluginHost(deps);
  const stateOf = (name: string) => host.list().find((report) => report.name === name)?.state;
  return { host, deps, mounted, log, clock, stateOf };
};

const plugin = (
  name: string,
  activate: (host: PluginHandle) => Promise<void> | void = (host) => host.routes([name]),
  dependencies = {},
) => definePlugin({ name, version: '1.0.0', dependencies, activate });

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

describe('deactivating', () => {
  it('undoes everything in reverse, timers too', async () => {
    let ticks = 0;
    const { host, log, mounted, clock } = setUp([
      plugin('comments', async (handle) => {
        handle.middleware('middleware');
        handle.routes(['routes']);
        await handle.subscribe('subscription');
        handle.timer({ everyMs: 1000, task: async () => void ticks++ });
        handle.onDeactivate(() => void log.push('own undo'));
      }),
    ]);
    await host.start();
    log.length = 0;

    await host.deactivate('comments');
    const ticksThen = ticks;
    await clock.advance(10_000);

    expect(log).toEqual(['own undo', 'undo subscription', 'undo routes', 'undo middleware']);
    expect(mounted).toEqual([]);
    expect(ticks).toBe(ticksThen);
    expect(clock.pending()).toBe(0);
  });

  it('undoes the rest when one undo fails or hangs', async () => {
    const { host, log, mounted, clock } = setUp([
      plugin('comments', (handle) => {
        handle.routes(['routes']);
        handle.onDeactivate(() => Promise.reject(new Error('stuck')));
        handle.onDeactivate(() => new Promise(() => {}));
      }),
    ]);
    await host.start();
    log.length = 0;

    const deactivated = host.deactivate('comments');
    await clock.advance(5_000);
    await deactivated;

    expect(mounted).toEqual([]);
    expect(log.filter((line) => line.includes('could not be undone'))).toHaveLength(2);
  });

  it('is refused while an active plugin needs it, and cascades when told to', async () => {
    const { host, stateOf, log } = setUp([
      plugin('base'),
      plugin('middle', undefined, { base: '*' }),
      plugin('top', undefined, { middle: '*' }),
    ]);
    await host.start();
    log.length = 0;

    await expect(host.deactivate('base')).rejects.toMatchObject({
      code: 'plugin_has_dependents',
      message: 'middle, top depend on base.',
    });
    expect(stateOf('base')).toBe('active');

    await host.deactivate('base', { cascade: true });
    expect(log).toEqual(['undo top', 'undo middle', 'undo base']);
    expect([stateOf('base'), stateOf('middle'), stateOf('top')]).toEqual([
      'inactive',
      'inactive',
      'inactive',
    ]);
  });

  it('closes the handle for whoever kept it', async () => {
    let kept: PluginHandle | undefined;
    const { host, mounted } = setUp([
      plugin('comments', (handle) => {
        kept = handle;
      }),
    ]);
    await host.start();
    await host.deactivate('comments');

    expect(() => kept?.routes(['late'])).toThrow(expect.objectContaining({ code: 'plugin_handle_closed' }));
    await expect(kept?.subscribe('late')).rejects.toMatchObject({ code: 'plugin_handle_closed' });
    expect(mounted).toEqual([]);
  });
});

describe('activating', () => {
  it('brings it all back, any number of times, and leaves nothing behind', async () => {
    const { host, mounted, clock } = setUp([
      plugin('comments', async (handle) => {
        handle.routes(['routes']);
        handle.middleware('middleware');
        handle.service('comments', {});
        await handle.subscribe('subscription');
        handle.timer({ everyMs: 1000, task: async () => {} });
      }),
    ]);
    await host.start();

    for (let round = 0; round < 100; round += 1) {
      await host.deactivate('comments');
      expect(mounted).toEqual([]);
      await host.activate('comments');
    }

    expect(mounted).toHaveLength(3);
    await host.deactivate('comments');
    expect(clock.pending()).toBe(0);
  });

  it('again is nothing', async () => {
    const { host, mounted } = setUp([plugin('comments')]);
    await host.start();
    await host.activate('comments');

    expect(mounted).toHaveLength(1);
  });

  it('is refused while a dependency is not active', async () => {
    const { host, stateOf } = setUp([plugin('base'), plugin('top', undefined, { base: '*' })]);
    await host.start();
    await host.deactivate('base', { cascade: true });

    await expect(host.activate('top')).rejects.toMatchObject({ code: 'plugin_dependency_inactive' });
    expect(stateOf('top')).toBe('inactive');
  });

  it('that fails is reported, and works once the reason is gone', async () => {
    let healthy = true;
    const { host, stateOf, mounted } = setUp([
      plugin('comments', (handle) => {
        handle.routes(['routes']);
        if (!healthy) throw new Error('down');
      }),
    ]);
    await host.start();
    await host.deactivate('comments');
    healthy = false;

    await expect(host.activate('comments')).rejects.toMatchObject({ code: 'plugin_failed' });
    expect(stateOf('comments')).toBe('failed');
    expect(mounted).toEqual([]);

    healthy = true;
    await host.activate('comments');
    expect(stateOf('comments')).toBe('active');
  });

  it('takes turns with other calls', async () => {
    const { host, mounted, stateOf } = setUp([plugin('comments')]);
    await host.start();

    await Promise.all([host.deactivate('comments'), host.activate('comments'), host.deactivate('comments')]);

    expect(stateOf('comments')).toBe('inactive');
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

describe('installing', () => {
  it('migrates once, whoever else installs at the same moment', async () => {
    const plugins = [plugin('comments')];
    const first = setUp(plugins);
    const second = setUp(plugins, { states: first.deps.states });

    await Promise.all([first.host.start(), second.host.start()]);

    expect([...first.log, ...second.log]).toEqual(['migrate comments']);
  });

  it('comes before activating, and uninstalling after deactivating', async () => {
    const { host, stateOf } = setUp([plugin('comments')]);
    await host.start();

    await expect(host.uninstall('comments')).rejects.toMatchObject({ code: 'plugin_active' });
    await host.deactivate('comments');
    await host.uninstall('comments');
    expect(stateOf('comments')).toBe('available');
    await expect(host.activate('comments')).rejects.toMatchObject({ code: 'plugin_not_installed' });

    await host.install('comments');
    expect(stateOf('comments')).toBe('installed');
    await host.activate('comments');
    expect(stateOf('comments')).toBe('active');
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
