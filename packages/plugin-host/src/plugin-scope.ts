import { type Clock, repeat } from '@gatehouse/resilience';
import type { Plugin } from './plugin.ts';
import { pluginError } from './plugin-errors.ts';
import type { PluginHandle, Undo } from './plugin-handle.ts';
import type { PluginContributions, PluginLogger } from './plugin-host.ts';
import type { PluginServices } from './plugin-services.ts';
import { within } from './within.ts';

const UNDO_TIMEOUT_MS = 5_000;

/** One activation: what the plugin contributed, and how all of it goes away again. */
export type PluginScope = Readonly<{
  handle: PluginHandle;
  /** Undoes in reverse, each step once: one that fails, or takes longer than 5 s, is logged and the others still run. */
  close(): Promise<void>;
}>;

export type PluginScopeDeps = Readonly<{
  contribute: PluginContributions;
  services: PluginServices;
  clock: Clock;
  logger: PluginLogger;
}>;

export const createPluginScope = (
  plugin: Plugin,
  config: unknown,
  { contribute, services, clock, logger }: PluginScopeDeps,
): PluginScope => {
  const undos: Undo[] = [];
  let open = true;

  const assertOpen = (): void => {
    if (!open)
      throw pluginError('plugin_handle_closed', { message: `${plugin.name} is not active any more.` });
  };
  const record = (contributed: () => Undo): void => {
    assertOpen();
    undos.push(contributed());
  };
  const undoOne = async (undo: Undo): Promise<void> => {
    try {
      await within(clock, UNDO_TIMEOUT_MS, async () => undo());
    } catch (error) {
      logger.error({ err: error, plugin: plugin.name }, 'a contribution of a plugin could not be undone');
    }
  };

  const handle: PluginHandle = {
    config,
    routes: (routes) => record(() => contribute.routes(routes)),
    middleware: (middleware) => record(() => contribute.middleware(middleware)),
    service: (name, value) => record(() => services.offer(plugin.name, name, value)),
    find: <T>(name: string) => {
      assertOpen();
      return services.find(plugin, name) as T;
    },
    subscribe: async (subscription) => {
      assertOpen();
      const undo = await contribute.subscribe(subscription);
      if (open) return void undos.push(undo);
      await undoOne(undo); // deactivated while it was being made: nobody else would undo it
      assertOpen();
    },
    timer: ({ everyMs, task }) =>
      record(() => {
        const onError = (err: unknown) =>
          logger.error({ err, plugin: plugin.name }, 'a timer of a plugin failed');
        const timer = repeat({ clock, intervalMs: everyMs, task, onError });
        return () => timer.stop();
      }),
    onDeactivate: (undo) => record(() => undo),
  };

  return {
    handle,
    close: async () => {
      open = false;
      for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) await undoOne(undo);
    },
  };
};
