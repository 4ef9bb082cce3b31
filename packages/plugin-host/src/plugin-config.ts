import type { FieldError } from '@gatehouse/errors';
import type { PluginEntry } from './plugin.ts';
import { pluginError } from './plugin-errors.ts';

/**
 * What a plugin runs with: the defaults as install stored them, under the entry's own keys, checked by its schema.
 * Messages name fields, never values: those may be secret.
 */
export const resolveConfig = (
  { plugin, config }: PluginEntry,
  stored: Readonly<Record<string, unknown>>,
): unknown => {
  const merged = { ...plugin.defaults, ...stored, ...config };
  if (plugin.config === undefined) return merged;
  const parsed = plugin.config.safeParse(merged);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(
    ({ path, message }): FieldError => ({ path: `/${path.map(String).join('/')}`, message }),
  );
  throw pluginError('plugin_config_invalid', {
    message: `The configuration of ${plugin.name} does not fit: ${errors.map(({ path }) => path).join(', ')}.`,
    details: { errors },
  });
};
