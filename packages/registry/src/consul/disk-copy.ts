import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, wait } from '@gatehouse/resilience';
import { assertInstance } from '../instance-origin.ts';
import type { Instance } from '../registry.ts';
import type { RegistryLogger } from '../registry-logger.ts';

type CopiedService = Readonly<{ instances: readonly Instance[]; updatedAt: number }>;

/** What was known, for a process that starts while the registry is away. Never fails: without it we only know less. */
export type DiskCopy = Readonly<{
  /** What an earlier process wrote; undefined when that is older than a day: other programs have those ports by now. */
  find(service: string): Promise<CopiedService | undefined>;
  /** Written within a second, together with whatever else changes until then. */
  keep(service: string, copy: CopiedService): void;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}>;

type Copies = Map<string, CopiedService>;

const writeDelayMs = 1000;
const maxAgeMs = 24 * 3_600_000;
const maxBytes = 4 * 1024 * 1024;

export type DiskCopyOptions = Readonly<{ file: string; clock: Clock; logger: RegistryLogger }>;

export const createDiskCopy = ({ file, clock, logger }: DiskCopyOptions): DiskCopy => {
  const kept: Copies = new Map();
  const closed = new AbortController();
  let writing: Promise<void> | undefined;
  let dirty = false;
  let isWarned = false;
  let loaded: Promise<Copies> | undefined;

  const load = (): Promise<Copies> => {
    loaded ??= readFile(file)
      .then((bytes) => toCopies(bytes.length > maxBytes ? undefined : JSON.parse(bytes.toString())))
      .catch((err) => {
        if (err.code !== 'ENOENT') logger.warn({ err, file }, 'the copy of the registry cannot be read');
        return new Map();
      });
    return loaded;
  };

  const isFresh = ({ updatedAt }: CopiedService): boolean => clock.now() - updatedAt < maxAgeMs;

  const write = async (): Promise<void> => {
    dirty = false;
    const all = [...(await load()), ...kept].filter(([, copy]) => isFresh(copy));
    try {
      await replace(file, JSON.stringify(Object.fromEntries(all)));
      isWarned = false;
    } catch (err) {
      if (!isWarned) logger.warn({ err, file }, 'the copy of the registry cannot be written');
      isWarned = true;
    }
  };

  const writeSoon = async (): Promise<void> => {
    await wait(clock, writeDelayMs, closed.signal).catch(() => {}); // closing: at once
    await write();
    writing = undefined;
    if (dirty && !closed.signal.aborted) writing = writeSoon();
  };

  return {
    find: async (service) => {
      const copy = (await load()).get(service);
      return copy !== undefined && isFresh(copy) ? copy : undefined;
    },
    keep: (service, copy) => {
      if (closed.signal.aborted) return;
      kept.set(service, copy);
      dirty = true;
      writing ??= writeSoon();
    },
    close: async () => {
      closed.abort();
      await writing;
      if (dirty) await write();
    },
  };
};

/** All or nothing, also when the machine stops half-way or another process writes at the same time. */
const replace = async (file: string, text: string): Promise<void> => {
  const half = `${file}.${process.pid}.${crypto.randomUUID()}`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await using handle = await open(half, 'wx', 0o600);
    await handle.writeFile(text);
    await handle.datasync();
    await rename(half, file);
  } catch (error) {
    await rm(half, { force: true });
    throw error;
  }
};

/** Throws when anything in it is not what we write: half of a list is worse than none. */
const toCopies = (content: Readonly<Record<string, CopiedService>> | undefined): Copies => {
  if (content === undefined) throw new SyntaxError(`more than ${maxBytes} bytes`);
  const copies: Copies = new Map(Object.entries(content));
  for (const { instances, updatedAt } of copies.values()) {
    if (!Number.isFinite(updatedAt)) throw new SyntaxError('no time');
    for (const instance of instances) assertInstance(instance);
  }
  return copies;
};
