// As a new user: clones into an empty folder, runs `npm start`, uses it, stops it, starts it again. Prints the times and fails
// when the first start takes more than 90 s or the second more than 8 s until the gateway's first 200.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-fresh-'));
// Under root PostgreSQL runs as another account, which has to reach its data.
chmodSync(folder, 0o755);

const freePort = async () => {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
};

const ports = { PORT: String(await freePort()), OPERATIONS_PORT: String(await freePort()) };
let output = '';

const start = async (limitSeconds) => {
  const startedAt = Date.now();
  const npm = spawn('npm', ['start'], {
    cwd: join(folder, 'gatehouse'),
    env: { ...process.env, ...ports },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-20_000);
    });
  }
  while (Date.now() - startedAt < limitSeconds * 1000) {
    if (npm.exitCode !== null) throw new Error(`npm start ended with ${npm.exitCode}:\n${output}`);
    const served = await fetch(`http://localhost:${ports.PORT}/api/posts`).then(
      (response) => response.status === 200,
      () => false,
    );
    if (served) return { npm, seconds: (Date.now() - startedAt) / 1000 };
    await delay(50);
  }
  process.kill(-npm.pid, 'SIGKILL');
  throw new Error(`No 200 through the gateway within ${limitSeconds} s:\n${output}`);
};

/** Ctrl-C in a terminal reaches the whole group. */
const stop = async ({ npm }) => {
  const ended = once(npm, 'exit');
  process.kill(-npm.pid, 'SIGINT');
  const late = setTimeout(() => process.kill(-npm.pid, 'SIGKILL'), 30_000);
  await ended;
  clearTimeout(late);
};

/** PSS in MB of the started processes and of the PostgreSQL whose data lie in the clone, where the system tells. */
const memory = (root) => {
  if (process.platform !== 'linux') return undefined;
  const running = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [, parent = ''] = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
        return [{ pid, parent, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }];
      } catch {
        return []; // It ended meanwhile.
      }
    });
  const ours = new Set([
    String(root),
    ...running.filter(({ command }) => command.includes(folder)).map(({ pid }) => pid),
  ]);
  for (let size = 0; size !== ours.size; ) {
    size = ours.size;
    for (const { pid, parent } of running) if (ours.has(parent)) ours.add(pid);
  }
  let kilobytes = 0;
  for (const pid of ours) {
    try {
      kilobytes += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      // It ended meanwhile.
    }
  }
  return Math.round(kilobytes / 1024);
};

try {
  execFileSync('git', ['clone', '--quiet', repository, join(folder, 'gatehouse')]);
  const first = await start(90);
  console.log(`first 200 after ${first.seconds} s, install included`);
  await delay(5000);
  const megabytes = memory(first.npm.pid);
  console.log(`idle memory (PSS, npm and PostgreSQL included): ${megabytes} MB`);
  if (megabytes > 450) throw new Error(`${megabytes} MB of idle memory; at most 450 are promised.`);
  await stop(first);
  const second = await start(8);
  console.log(`second start: first 200 after ${second.seconds} s`);
  await stop(second);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
