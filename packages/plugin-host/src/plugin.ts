import type { Migrations } from '@gatehouse/database';
import semver from 'semver';
import type { z } from 'zod';
import type { PluginHandle } from './plugin-handle.ts';

/** Semver ranges by name of a plugin or of a module that the host offers: `{ posts: '^0.1.0' }`. */
export type PluginDependencies = Readonly<Record<string, string>>;

/**
 * A plugin as a value. Declaring it does nothing: no I/O happens before `activate`, which runs once for each activation
 * and contributes through its handle alone, because only what the handle recorded can be undone.
 */
export type Plugin = Readonly<{
  /** kebab-case; also the key of its state and the owner (`plugin_<name>`) of its migrations. */
  name: string;
  /** semver */
  version: string;
  dependencies: PluginDependencies;
  config?: z.ZodType;
  /** Stored by `install`; the entry's own `config` goes over it, key by key of the top level. */
  defaults?: Readonly<Record<string, unknown>>;
  migrations?: Migrations;
  activate(host: PluginHandle): Promise<void> | void;
}>;

/** A plugin as it is listed for a service. `enabled: false` is as if it were not listed. */
export type PluginEntry = Readonly<{
  plugin: Plugin;
  enabled: boolean;
  config?: Readonly<Record<string, unknown>>;
}>;

type PluginDeclaration<C extends z.ZodType> = Readonly<{
  name: string;
  version: string;
  dependencies?: PluginDependencies;
  config?: C;
  defaults?: Readonly<Record<string, unknown>>;
  migrations?: Migrations;
  activate(host: PluginHandle<z.output<C>>): Promise<void> | void;
}>;

/**
 * Declares a plugin, with `host.config` typed by its schema.
 *
 * @throws Error (a bug) for a name that is not kebab-case, a version or a range that is not semver.
 *
 * @example
 * export const commentsPlugin = definePlugin({
 *   name: 'comments',
 *   version: '1.0.0',
 *   dependencies: { posts: '^0.1.0' },
 *   config: z.strictObject({ maxLength: z.int().positive() }),
 *   defaults: { maxLength: 5000 },
 *   async activate(host) {
 *     host.routes(commentRoutes(host.config, host.find<PostLookup>('posts')));
 *     await host.subscribe(createSubscription({ consumer: 'posts.comments', handlers }));
 *   },
 * });
 */
export const definePlugin = <C extends z.ZodType = z.ZodType<Readonly<Record<string, unknown>>>>(
  declaration: PluginDeclaration<C>,
): Plugin => {
  const plugin = { dependencies: {}, ...declaration } as Plugin;
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(plugin.name))
    throw new Error(`"${plugin.name}" is no kebab-case name`);
  if (semver.valid(plugin.version) === null)
    throw new Error(`${plugin.name}: "${plugin.version}" is no version`);
  for (const [name, range] of Object.entries(plugin.dependencies))
    if (semver.validRange(range) === null)
      throw new Error(`${plugin.name}: "${range}" is no range for ${name}`);
  return plugin;
};
