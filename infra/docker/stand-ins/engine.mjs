// A Docker Engine of one's own for a Debian machine where none runs: Debian's packages, everything in one temporary folder.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run, say, succeeds } from '../test/command.mjs';

const programs = {
  dockerd: 'docker.io',
  'docker-compose': 'docker-compose',
  debootstrap: 'debootstrap',
  iptables: 'iptables',
};
const policyFile = '/usr/sbin/policy-rc.d';

const isThere = (program) => succeeds('sh', ['-c', `command -v ${program}`]);

/** Debian would start an engine of its own as soon as it is installed, unless this file says no. */
const installPrograms = async () => {
  const missing = [];
  for (const [program, name] of Object.entries(programs)) if (!(await isThere(program))) missing.push(name);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !(await isThere('apt-get')))
    throw new Error(`Stand-ins need Debian and root, to install ${missing.join(', ')} and run an engine.`);
  say(`installing ${missing.join(', ')} …`);
  const ours = !existsSync(policyFile);
  if (ours) writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update', '-q'], { env });
    await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...missing], { env });
  } finally {
    if (ours) rmSync(policyFile, { force: true });
  }
};

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** Starts it and waits until it answers, at most 60 s. Its images stay in the folder for the next run. */
export const startEngine = async (folder) => {
  await installPrograms();
  mkdirSync(folder, { recursive: true });
  const pidFile = join(folder, 'dockerd.pid');
  if (existsSync(pidFile) && isAlive(Number(readFileSync(pidFile, 'utf8'))))
    throw new Error(`An engine runs in ${folder} already (process ${readFileSync(pidFile, 'utf8').trim()}).`);
  rmSync(pidFile, { force: true });

  const host = `unix://${join(folder, 'docker.sock')}`;
  const hadBridge = existsSync('/sys/class/net/docker0');
  const log = openSync(join(folder, 'dockerd.log'), 'w');
  const args = [
    '--data-root',
    join(folder, 'data'),
    '--exec-root',
    join(folder, 'exec'),
    '--pidfile',
    pidFile,
    '-H',
    host,
  ];
  const engine = spawn('dockerd', args, { stdio: ['ignore', log, log] });
  const endWithUs = () => engine.kill('SIGTERM');
  process.once('exit', endWithUs);
  const ended = new Promise((resolve) => engine.once('exit', resolve));

  const stop = async () => {
    process.off('exit', endWithUs);
    engine.kill('SIGTERM');
    await ended;
    if (!hadBridge) await succeeds('ip', ['link', 'delete', 'docker0']);
  };
  for (let tries = 0; tries < 120; tries += 1) {
    if (engine.exitCode !== null) break;
    if (await succeeds('docker', ['info'], { env: { DOCKER_HOST: host } })) return { host, stop };
    await delay(500);
  }
  await stop();
  throw new Error(`The engine did not start: ${join(folder, 'dockerd.log')}`);
};
