import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@gatehouse/resilience';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { watchConfigFile } from './watch-config-file.ts';

const watchIn = async (prepare: (folder: string) => Promise<string>) => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-config-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = await prepare(folder);
  const onChange = vi.fn(async () => {});
  const watching = watchConfigFile({
    ...{ file, known: 'one', clock: systemClock, onChange, intervalMs: 10, settleMs: 5 },
    onUnreadable: () => {},
  });
  onTestFinished(() => watching.close());
  return { folder, file, onChange };
};

const plainFile = async (folder: string): Promise<string> => {
  await writeFile(join(folder, 'gateway.yaml'), 'one');
  return join(folder, 'gateway.yaml');
};

const told = (onChange: ReturnType<typeof vi.fn>, times: number) =>
  vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(times));

describe('configuration: a change of the file is seen', () => {
  it('written in place', async () => {
    const { file, onChange } = await watchIn(plainFile);
    await writeFile(file, 'two');
    await told(onChange, 1);
  });

  it('put in its place, as editors do, also after it was gone', async () => {
    const { folder, file, onChange } = await watchIn(plainFile);
    await rm(file);
    await writeFile(join(folder, 'new'), 'two');
    await rename(join(folder, 'new'), file);
    await told(onChange, 1);
  });

  it('by swapped links, as Kubernetes does with a ConfigMap', async () => {
    const { folder, onChange } = await watchIn(async (root) => {
      for (const [version, text] of Object.entries({ v1: 'one', v2: 'two' })) {
        await mkdir(join(root, version));
        await writeFile(join(root, version, 'gateway.yaml'), text);
      }
      await symlink('v1', join(root, '..data'));
      await symlink('..data/gateway.yaml', join(root, 'gateway.yaml'));
      return join(root, 'gateway.yaml');
    });
    await symlink('v2', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await told(onChange, 1);
  });

  it('that it had before the first look', async () => {
    const { onChange } = await watchIn(async (folder) => {
      const file = await plainFile(folder);
      await writeFile(file, 'two');
      return file;
    });
    await told(onChange, 1);
  });

  it('again after one whose reload failed', async () => {
    const { file, onChange } = await watchIn(plainFile);
    onChange.mockRejectedValueOnce(new Error('refused'));
    await writeFile(file, 'two');
    await told(onChange, 1);
    await writeFile(file, 'three');
    await told(onChange, 2);
  });
});
