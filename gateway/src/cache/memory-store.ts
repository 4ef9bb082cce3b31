import type { Clock } from '@gatehouse/resilience';
import { type CacheStore, type Found, nothingFound } from './cache-store.ts';
import { createPathMarks } from './path-marks.ts';
import { bytesOf, type StoredAnswer } from './stored-answer.ts';

export type MemoryStoreOptions = Readonly<{
  clock: Clock;
  /** Of all answers together, at the moment; those that were not used for longest go. */
  maxBytes: () => number;
  /** Of one address; the oldest goes. */
  maxVariants?: number;
}>;

type Item = Readonly<{ address: string; path: string; variant: string; answer: StoredAnswer; bytes: number }>;

type Entry = { readonly path: string; names: readonly string[]; readonly items: Map<string, Item> };

/** Keeps answers in this process. Found and kept at once, in one turn. */
export const createMemoryStore = ({ clock, maxBytes, maxVariants = 16 }: MemoryStoreOptions): CacheStore => {
  const entries = new Map<string, Entry>();
  const paths = new Map<string, Set<string>>();
  /** In the order of their last use. */
  const used = new Set<Item>();
  const marks = createPathMarks();
  let bytes = 0;

  const drop = (item: Item): void => {
    const entry = entries.get(item.address);
    if (!used.delete(item) || entry === undefined) return;
    bytes -= item.bytes;
    entry.items.delete(item.variant);
    if (entry.items.size > 0) return;
    entries.delete(item.address);
    const addresses = paths.get(item.path);
    addresses?.delete(item.address);
    if (addresses?.size === 0) paths.delete(item.path);
  };

  const entryFor = (address: string, path: string): Entry => {
    const known = entries.get(address);
    if (known !== undefined) return known;
    const fresh: Entry = { path, names: [], items: new Map() };
    entries.set(address, fresh);
    const addresses = paths.get(path) ?? new Set();
    paths.set(path, addresses.add(address));
    return fresh;
  };

  const makeRoom = (address: string, needed: number): void => {
    const items = entries.get(address)?.items;
    if (items !== undefined && items.size >= maxVariants) drop(items.values().next().value as Item);
    for (const oldest of used) {
      if (bytes + needed <= maxBytes()) return;
      drop(oldest);
    }
  };

  return {
    find: ({ entry: address }, variantOf): Found => {
      const mark = String(marks.now());
      const entry = entries.get(address);
      if (entry === undefined) return { ...nothingFound, mark };
      const item = entry.items.get(variantOf(entry.names));
      if (item === undefined) return { mark, answer: undefined, otherVariant: true };
      if (item.answer.keepUntilMs <= clock.now()) {
        drop(item);
        return { ...nothingFound, mark };
      }
      used.delete(item);
      used.add(item);
      return { mark, answer: item.answer, otherVariant: false };
    },
    keep: ({ path, entry: address }, { mark, variantOf, answer }) => {
      const needed = bytesOf(answer);
      if (needed > maxBytes() || !marks.holds(path, Number(mark))) return;
      const variant = variantOf(answer.varyNames);
      const before = entries.get(address)?.items.get(variant);
      if (before !== undefined) drop(before);
      makeRoom(address, needed);
      const entry = entryFor(address, path);
      entry.names = answer.varyNames;
      const item: Item = { address, path, variant, answer, bytes: needed };
      entry.items.set(variant, item);
      used.add(item);
      bytes += needed;
    },
    forget: (path) => {
      marks.forget(path);
      for (const address of paths.get(path) ?? []) {
        for (const item of entries.get(address)?.items.values() ?? []) drop(item);
      }
    },
    report: () => ({ mode: 'memory', bytes }),
    close: () => {
      entries.clear();
      paths.clear();
      used.clear();
      bytes = 0;
    },
  };
};
