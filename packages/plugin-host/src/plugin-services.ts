import type { Plugin } from './plugin.ts';
import { pluginError } from './plugin-errors.ts';
import type { Undo } from './plugin-handle.ts';

/** Who offers what to whom among the plugins of one host. */
export type PluginServices = Readonly<{
  offer(owner: string, name: string, value: unknown): Undo;
  /** Only from the host and from what `asker` declared as a dependency: else its end could not be ordered. */
  find(asker: Plugin, name: string): unknown;
}>;

export const createPluginServices = (ofHost: Readonly<Record<string, unknown>>): PluginServices => {
  const offered = new Map<string, Readonly<{ owner: string; value: unknown }>>();
  return {
    offer: (owner, name, value) => {
      if (Object.hasOwn(ofHost, name) || offered.has(name))
        throw pluginError('plugin_service_taken', { message: `A service "${name}" is offered already.` });
      offered.set(name, { owner, value });
      return () => void offered.delete(name);
    },
    find: (asker, name) => {
      if (Object.hasOwn(ofHost, name)) return ofHost[name];
      const service = offered.get(name);
      if (
        service !== undefined &&
        (service.owner === asker.name || Object.hasOwn(asker.dependencies, service.owner))
      )
        return service.value;
      throw pluginError('plugin_service_missing', {
        message: `No service "${name}" among those of the host and of the dependencies of ${asker.name}.`,
      });
    },
  };
};
