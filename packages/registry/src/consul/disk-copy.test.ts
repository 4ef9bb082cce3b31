import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureLogger, createManualClock, type ManualClock } from '@gatehouse/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDiskCopy } from './disk-copy.ts';

const posts = { id: 'p1', service: 'posts', address: '127.0.0.1', port: 4001, version: '1.0.0', tags: ['a'] };
const dayMs = 24 * 3_600_000;

let folder: string;
let file: string;
let clock: ManualClock;
let logger: ReturnType<typeof captureLogger>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-registry-'));
  file = join(folder, 'data', 'registry.json');
  clock = createManualClock();
  logger = captureLogger();
});

afterEach(() => rm(folder, { recursive: true }));

const openCopy = () => createDiskCopy({ file, clock, logger });
const keepAndClose = async (service = 'posts', instances = [posts]): Promise<void> => {
  const copy = openCopy();
  copy.keep(service, { instances, updatedAt: clock.now() });
  await copy.close();
};

describe('a copy on disk', () => {
  it('is there for the next process, with its age', async () => {
    await keepAndClose();
    const writtenAt = clock.now();
    await clock.advance(60_000);

    expect(await openCopy().find('posts')).toEqual({ instances: [posts], updatedAt: writtenAt });
    expect(await openCopy().find('orders')).toBeUndefined();
  });

  it('keeps what other processes of this file had watched', async () => {
    await keepAndClose('users');
    await keepAndClose('posts');

    expect(await openCopy().find('users')).toBeDefined();
  });

  it('is for its owner alone, and nothing is left beside it', async () => {
    await keepAndClose();

    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'data'))).toEqual(['registry.json']);
  });

  it('is written once for all that changes within a second', async () => {
    const copy = openCopy();
    for (let port = 1; port <= 50; port++)
      copy.keep('posts', { instances: [{ ...posts, port }], updatedAt: clock.now() });
    await clock.advance(999);
    await expect(readFile(file)).rejects.toThrow('ENOENT');
    await clock.advance(1);
    await copy.close();

    expect(JSON.parse(await readFile(file, 'utf8')).posts.instances[0].port).toBe(50);
  });

  it('that is older than a day is none', async () => {
    await keepAndClose();
    await clock.advance(dayMs);

    expect(await openCopy().find('posts')).toBeUndefined();
    await keepAndClose('users');
    expect(Object.keys(JSON.parse(await readFile(file, 'utf8')))).toEqual(['users']);
  });

  it.each([
    ['half of one', '{"posts":{"inst'],
    ['another shape', '{"posts":[]}'],
    [
      'an address that is a name',
      JSON.stringify({ posts: { updatedAt: 1, instances: [{ ...posts, address: 'x' }] } }),
    ],
    ['too long a one', ' '.repeat(5 * 1024 * 1024)],
  ])('that is %s is none, and is replaced', async (_, text) => {
    await keepAndClose();
    await writeFile(file, text);
    const copy = openCopy();
    expect(await copy.find('posts')).toBeUndefined();
    expect(logger.lines).toMatchObject([{ msg: 'the copy of the registry cannot be read' }]);
    copy.keep('posts', { instances: [posts], updatedAt: clock.now() });
    await copy.close();

    expect(await openCopy().find('posts')).toBeDefined();
  });

  it('that cannot be written is said once, and nobody fails', async () => {
    await writeFile(join(folder, 'data'), 'a file where the folder should be');
    const copy = openCopy();
    copy.keep('posts', { instances: [posts], updatedAt: clock.now() });
    await copy.close();

    expect(logger.lines.map((line) => (line as { msg: string }).msg)).toContain(
      'the copy of the registry cannot be written',
    );
  });
});
