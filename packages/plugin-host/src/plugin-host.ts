import type { Clock } from '@gatehouse/resilience';
import { activatePlugin } from './activation.ts';
import { planDependencies } from './dependency-plan.ts';
import type { Plugin, PluginEntry } from './plugin.ts';
import { pluginError } from './plugin-errors.ts';
import type { Undo } from './plugin-handle.ts';
import { createPluginRecords, type PluginRecord, toReport } from './plugin-records.ts';
import type { PluginReport } from './plugin-report.ts';
import { createPluginServices } from './plugin-services.ts';
import type { PluginState, PluginStates } from './plugin-states.ts';
import { createTurns } from './turns.ts';

/** How the contributions of plugins get into the running service; each gives back its undo. */
export type PluginContributions = Readonly<{
  routes(routes: readonly unknown[]): Undo;
  middleware(middleware: unknown): Undo;
  subscribe(subscription: unknown): Promise<Undo>;
}>;

export type PluginLogger = Readonly<{
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}>;

export type PluginHostDeps = Readonly<{
  /** Versions of what the host itself offers as dependencies: `{ posts: '0.1.0' }`. */
  modules: Readonly<Record<string, string>>;
  plugins: readonly PluginEntry[];
  states: PluginStates;
  contribute: PluginContributions;
  /** Brings the plugin's tables up to date; called under `states.exclusively`, must do nothing the second time. */
  migrate(plugin: Plugin): Promise<void>;
  /** What `handle.find` gives beside the services of other plugins. */
  services: Readonly<Record<string, unknown>>;
  clock: Clock;
  logger: PluginLogger;
}>;

/** Operations take turns; each ends with the plugin wholly in or wholly out. Names not listed are `plugin_unknown`. */
export type PluginHost = Readonly<{
  /**
   * Activates, in order of dependency, what was active before and what was never seen (which it installs first). What
   * fails is `failed` in the list, with its dependents; the rest goes on.
   */
  start(): Promise<void>;
  list(): readonly PluginReport[];
  /** Migrates and stores the default configuration, once; again it does nothing. */
  install(name: string): Promise<PluginReport>;
  /** `plugin_not_installed`, `plugin_dependency_…`, `plugin_config_invalid`, or `plugin_failed` with nothing left of it. */
  activate(name: string): Promise<PluginReport>;
  /** `plugin_has_dependents` while active plugins need it, unless `cascade`: then those go first, last come first. */
  deactivate(name: string, options?: Readonly<{ cascade?: boolean }>): Promise<PluginReport>;
  /** Forgets the stored configuration and stays uninstalled over restarts; its tables and data stay. `plugin_active` else. */
  uninstall(name: string): Promise<PluginReport>;
  /** Undoes everything, in reverse, and leaves the saved states: what was active is active after the next start. */
  stop(): Promise<void>;
}>;

/** @throws Error (a bug) when two plugins, or a plugin and a module, have one name. */
export const createPluginHost = (deps: PluginHostDeps): PluginHost => {
  const { modules, states, migrate, contribute, clock, logger } = deps;
  const entries = deps.plugins.filter(({ enabled }) => enabled);
  assertNamesDiffer([...Object.keys(modules), ...entries.map(({ plugin }) => plugin.name)]);

  const plugins = entries.map(({ plugin }) => plugin);
  const { order, refused } = planDependencies(plugins, modules);
  const records = createPluginRecords(
    entries,
    order.map(({ name }) => name),
    refused,
  );
  const scopeDeps = { contribute, services: createPluginServices(deps.services), clock, logger };
  const inTurn = createTurns();
  let stopped = false;

  const findState = async (name: string): Promise<PluginState | undefined> =>
    (await states.read()).find((state) => state.name === name);

  /** Installs what is not, migrates what came with another version, and leaves the rest. */
  const ensureInstalled = (plugin: Plugin, wish: PluginState['state']): Promise<PluginState> =>
    states.exclusively(async () => {
      const known = await findState(plugin.name);
      if (known !== undefined && known.state !== 'available' && known.version === plugin.version)
        return known;
      await migrate(plugin);
      const state = known === undefined || known.state === 'available' ? wish : known.state;
      const config = { ...plugin.defaults, ...known?.config };
      const installed: PluginState = { name: plugin.name, version: plugin.version, state, config };
      await states.save(installed);
      return installed;
    });

  const bringUp = async (record: PluginRecord, state: PluginState): Promise<void> => {
    const scope = await activatePlugin(record.entry, state.config, scopeDeps);
    try {
      if (state.state !== 'active') await states.save({ ...state, state: 'active' });
    } catch (error) {
      await scope.close();
      throw error;
    }
    record.phase = { state: 'active', scope };
    logger.info(
      { plugin: record.entry.plugin.name, version: record.entry.plugin.version },
      'plugin activated',
    );
  };

  const takeDown = async (record: PluginRecord): Promise<void> => {
    if (record.phase.state === 'active') await record.phase.scope.close();
    record.phase = { state: 'inactive' };
    logger.info({ plugin: record.entry.plugin.name }, 'plugin deactivated');
  };

  const fail = (record: PluginRecord, error: unknown): void => {
    record.phase = { state: 'failed', error };
    logger.error({ err: error, plugin: record.entry.plugin.name }, 'plugin could not be activated');
  };

  const startOne = async (record: PluginRecord, saved: PluginState | undefined): Promise<void> => {
    if (saved !== undefined && saved.state !== 'active') {
      record.phase = { state: saved.state };
      return;
    }
    try {
      records.assertActivatable(record);
      await bringUp(record, await ensureInstalled(record.entry.plugin, 'active'));
    } catch (error) {
      fail(record, error);
    }
  };

  const operate = <T>(work: () => Promise<T>): Promise<T> =>
    inTurn(async () => {
      if (stopped) throw pluginError('plugin_host_stopped');
      return work();
    });

  return {
    start: () =>
      operate(async () => {
        const saved = new Map((await states.read()).map((state) => [state.name, state]));
        for (const record of records.all()) await startOne(record, saved.get(record.entry.plugin.name));
      }),

    list: () => records.all().map(toReport),

    install: (name) =>
      operate(async () => {
        const record = records.get(name);
        const { state } = await ensureInstalled(record.entry.plugin, 'installed');
        if (record.phase.state === 'available')
          record.phase = { state: state === 'inactive' ? 'inactive' : 'installed' };
        return toReport(record);
      }),

    activate: (name) =>
      operate(async () => {
        const record = records.get(name);
        if (record.phase.state === 'active') return toReport(record);
        const state = await findState(name);
        if (state === undefined || state.state === 'available') throw pluginError('plugin_not_installed');
        records.assertActivatable(record);
        try {
          await bringUp(record, await ensureInstalled(record.entry.plugin, state.state));
        } catch (error) {
          fail(record, error);
          throw pluginError('plugin_failed', {
            message: `${name} could not be activated: see its error.`,
            cause: error,
          });
        }
        return toReport(record);
      }),

    deactivate: (name, { cascade = false } = {}) =>
      operate(async () => {
        const record = records.get(name);
        if (record.phase.state === 'available') throw pluginError('plugin_not_installed');
        const dependents = records.listActiveDependents(name);
        if (dependents.length > 0 && !cascade)
          throw pluginError('plugin_has_dependents', {
            message: `${dependents.map(({ entry }) => entry.plugin.name).join(', ')} depend on ${name}.`,
          });
        for (const leaving of [...dependents.toReversed(), record]) {
          const state = await findState(leaving.entry.plugin.name);
          if (state !== undefined) await states.save({ ...state, state: 'inactive' });
          await takeDown(leaving);
        }
        return toReport(record);
      }),

    uninstall: (name) =>
      operate(async () => {
        const record = records.get(name);
        if (record.phase.state === 'active') throw pluginError('plugin_active');
        const { version } = record.entry.plugin;
        await states.save({ name, version, state: 'available', config: {} });
        record.phase = { state: 'available' };
        return toReport(record);
      }),

    stop: () =>
      inTurn(async () => {
        stopped = true;
        for (const record of records.all().toReversed())
          if (record.phase.state === 'active') await takeDown(record);
      }),
  };
};

const assertNamesDiffer = (names: readonly string[]): void => {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`two plugins or modules are named "${twice}"`);
};
