/**
 * A bounded map that forgets what was not asked for lately. Two generations: what is found in the old one moves to the
 * young one; when the young one holds half of `limit`, it becomes the old one and the former old one goes. So it keeps at
 * least the last `limit / 2` used and at most `limit`, and a hit costs one look-up where a strict order costs three.
 */
export type RecentlyUsed<V> = Readonly<{
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  size(): number;
}>;

export const createRecentlyUsed = <V>(limit: number): RecentlyUsed<V> => {
  const half = Math.max(1, Math.floor(limit / 2));
  let young = new Map<string, V>();
  let old = new Map<string, V>();

  const set = (key: string, value: V): void => {
    old.delete(key);
    if (young.size >= half && !young.has(key)) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  };

  return {
    get: (key) => {
      const found = young.get(key);
      if (found !== undefined) return found;
      const aged = old.get(key);
      if (aged !== undefined) set(key, aged);
      return aged;
    },
    set,
    delete: (key) => {
      young.delete(key);
      old.delete(key);
    },
    size: () => young.size + old.size,
  };
};
