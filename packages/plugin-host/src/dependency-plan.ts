import type { AppError } from '@gatehouse/errors';
import semver from 'semver';
import type { Plugin } from './plugin.ts';
import { pluginError } from './plugin-errors.ts';

/** Dependencies before their dependents; what cannot be activated stands in `refused` with the reason, not in `order`. */
export type DependencyPlan = Readonly<{
  order: readonly Plugin[];
  refused: ReadonlyMap<string, AppError>;
}>;

/** Pure. Plugins without a dependency between them keep the order in which they were listed. */
export const planDependencies = (
  plugins: readonly Plugin[],
  modules: Readonly<Record<string, string>>,
): DependencyPlan => {
  const byName = new Map(plugins.map((plugin) => [plugin.name, plugin]));
  const refused = new Map<string, AppError>();
  const order: Plugin[] = [];
  const done = new Set<string>();

  const refuseCycle = (path: readonly string[]): void => {
    const error = pluginError('plugin_dependency_cycle', { message: `A cycle: ${path.join(' → ')}.` });
    for (const name of path) refused.set(name, error);
  };

  const visit = (plugin: Plugin, path: readonly string[]): void => {
    const from = path.indexOf(plugin.name);
    if (from >= 0) refuseCycle([...path.slice(from), plugin.name]);
    if (from >= 0 || done.has(plugin.name)) return;
    for (const [name, range] of Object.entries(plugin.dependencies)) {
      const other = byName.get(name);
      const unmet = findUnmet(
        plugin,
        name,
        range,
        Object.hasOwn(modules, name) ? modules[name] : other?.version,
      );
      if (unmet !== undefined && !refused.has(plugin.name)) refused.set(plugin.name, unmet);
      if (other === undefined) continue;
      visit(other, [...path, plugin.name]);
      if (refused.has(name) && !refused.has(plugin.name))
        refused.set(plugin.name, dependencyRefused(plugin, name));
    }
    done.add(plugin.name);
    if (!refused.has(plugin.name)) order.push(plugin);
  };

  for (const plugin of plugins) visit(plugin, []);
  return { order, refused };
};

const findUnmet = (
  plugin: Plugin,
  name: string,
  range: string,
  version: string | undefined,
): AppError | undefined => {
  if (version === undefined)
    return pluginError('plugin_dependency_missing', {
      message: `${plugin.name} ${plugin.version} depends on ${name} ${range}, which is not here.`,
    });
  if (semver.satisfies(version, range)) return undefined;
  return pluginError('plugin_dependency_version', {
    message: `${plugin.name} ${plugin.version} depends on ${name} ${range}, but ${version} is here.`,
  });
};

const dependencyRefused = (plugin: Plugin, name: string): AppError =>
  pluginError('plugin_dependency_inactive', {
    message: `${plugin.name} ${plugin.version} depends on ${name}, which cannot be activated.`,
  });
