import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { lockFolder } from './folder-lock.ts';

const folder = `/data/of/this/test/${process.pid}`;

describe('a folder', () => {
  it('belongs to the first who claims it, and the second learns who that is', async () => {
    const first = await lockFolder(`${folder}/1`, 'process 1');

    expect(first).toMatchObject({ held: true });
    expect(await lockFolder(`${folder}/1`, 'process 2')).toEqual({ held: false, holder: 'process 1' });
    expect(await lockFolder(`${folder}/other`, 'process 2')).toMatchObject({ held: true });
  });

  it('is free after its release', async () => {
    const first = await lockFolder(`${folder}/2`, 'process 1');
    if (first.held) await first.release();

    expect(await lockFolder(`${folder}/2`, 'process 2')).toMatchObject({ held: true });
  });

  it('is free when its holder was killed', async () => {
    const code = `const { lockFolder } = await import(${JSON.stringify(new URL('./folder-lock.ts', import.meta.url).href)});
      await lockFolder(${JSON.stringify(`${folder}/3`)}, 'the child');
      console.log('held');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(await lockFolder(`${folder}/3`, 'we')).toEqual({ held: false, holder: 'the child' });

    child.kill('SIGKILL');
    await once(child, 'exit');

    await vi.waitFor(async () => expect(await lockFolder(`${folder}/3`, 'we')).toMatchObject({ held: true }));
  });
});
