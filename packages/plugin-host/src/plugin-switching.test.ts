import { describe, expect, it } from 'vitest';
import { plugin, setUp } from './fixture/set-up-plugins.ts';
import type { PluginHandle } from './plugin-handle.ts';

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
