import type { AppError } from '@gatehouse/errors';
import type { PluginEntry } from './plugin.ts';
import { pluginError } from './plugin-errors.ts';
import type { PluginReport } from './plugin-report.ts';
import type { PluginScope } from './plugin-scope.ts';

/** What a plugin is right now. Only an active one has a scope; only a failed one has an error. */
type PluginPhase =
  | Readonly<{ state: 'available' | 'installed' | 'inactive' }>
  | Readonly<{ state: 'active'; scope: PluginScope }>
  | Readonly<{ state: 'failed'; error: unknown }>;

export type PluginRecord = { readonly entry: PluginEntry; phase: PluginPhase };

/** The plugins of a host, in order of activation: dependencies first. Those that cannot be activated stand last. */
export type PluginRecords = Readonly<{
  all(): readonly PluginRecord[];
  get(name: string): PluginRecord;
  /** Active plugins that need `name`, directly or through others, in order of activation. */
  listActiveDependents(name: string): readonly PluginRecord[];
  /** Throws what stands in the way of activating `record` now. */
  assertActivatable(record: PluginRecord): void;
}>;

export const createPluginRecords = (
  entries: readonly PluginEntry[],
  order: readonly string[],
  refused: ReadonlyMap<string, AppError>,
): PluginRecords => {
  const rank = (entry: PluginEntry): number => {
    const index = order.indexOf(entry.plugin.name);
    return index < 0 ? order.length : index;
  };
  const records = entries
    .toSorted((a, b) => rank(a) - rank(b))
    .map((entry): PluginRecord => ({ entry, phase: { state: 'available' } }));
  const byName = new Map(records.map((record) => [record.entry.plugin.name, record]));

  return {
    all: () => records,
    get: (name) => {
      const record = byName.get(name);
      if (record === undefined) throw pluginError('plugin_unknown');
      return record;
    },
    listActiveDependents: (name) => {
      const needed = new Set([name]);
      return records.filter(({ entry: { plugin }, phase }) => {
        const depends =
          phase.state === 'active' && Object.keys(plugin.dependencies).some((d) => needed.has(d));
        if (depends) needed.add(plugin.name);
        return depends;
      });
    },
    assertActivatable: ({ entry: { plugin } }) => {
      const reason = refused.get(plugin.name);
      if (reason !== undefined) throw reason;
      const missing = Object.keys(plugin.dependencies).filter((name) => {
        const dependency = byName.get(name);
        return dependency !== undefined && dependency.phase.state !== 'active';
      });
      if (missing.length > 0)
        throw pluginError('plugin_dependency_inactive', {
          message: `${plugin.name} depends on ${missing.join(', ')}: activate that first.`,
        });
    },
  };
};

export const toReport = ({ entry: { plugin }, phase }: PluginRecord): PluginReport => ({
  name: plugin.name,
  version: plugin.version,
  dependencies: plugin.dependencies,
  state: phase.state,
  ...(phase.state === 'failed' ? { error: toReason(phase.error) } : {}),
});

const REASON_LIMIT_CHARACTERS = 300;

/** For administrators: one line, of bounded length, without a stack. */
const toReason = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .replace(/\s+/g, ' ')
    .slice(0, REASON_LIMIT_CHARACTERS);
