import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ReaperNote } from './reaper.ts';

// The process that `reaper.ts` starts. Its input ends when its parent does.
const groups = new Set<number>();
const folders = new Set<string>();
const containers = new Set<string>();

const keep = (note: ReaperNote): void => {
  if ('watchGroup' in note) groups.add(note.watchGroup);
  else if ('forgetGroup' in note) groups.delete(note.forgetGroup);
  else if ('watchFolder' in note) folders.add(note.watchFolder);
  else if ('forgetFolder' in note) folders.delete(note.forgetFolder);
  else if ('watchContainer' in note) containers.add(note.watchContainer);
  else containers.delete(note.forgetContainer);
};

const killGroup = (group: number): void => {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It has ended.
  }
};

for await (const line of createInterface({ input: process.stdin })) keep(JSON.parse(line) as ReaperNote);

for (const group of groups) killGroup(group);
for (const name of containers) spawnSync('docker', ['rm', '--force', '--volumes', name]);
for (const folder of folders)
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
