// `npm run test:compose`: brings docker-compose.yml up on a Docker Engine, looks at what it promises, and runs the end-to-end
// suite through HAProxy. With STAND_INS=1 on an engine of its own, with images built on this machine (Debian, as root).
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildStandIns } from '../stand-ins/build.mjs';
import { startEngine } from '../stand-ins/engine.mjs';
import { say, show, succeeds } from './command.mjs';
import { openProject, root } from './compose.mjs';
import { promises, running } from './promises.mjs';
import { readDuring } from './steady-reads.mjs';

/** What docker-compose.yml calls its images when nobody says otherwise. */
const publicImages = {
  node: 'node:26-slim',
  postgres: 'postgres:18',
  rabbitmq: 'rabbitmq:4',
  redis: 'redis:8',
  consul: 'hashicorp/consul:1.21',
  haproxy: 'haproxy:3.2',
};
const administrator = 'admin@example.com';
const firstOfEach = ['users-1', 'posts-1', 'orders-1', 'gateway-1'];

const counts = { passed: 0, failed: 0 };
const check = async (name, work) => {
  const started = Date.now();
  try {
    const said = await work();
    counts.passed += 1;
    say(
      `ok    ${name} (${Math.round((Date.now() - started) / 1000)} s)${said === undefined ? '' : `: ${said}`}`,
    );
  } catch (error) {
    counts.failed += 1;
    say(`FAILS ${name} (${Math.round((Date.now() - started) / 1000)} s)\n${error.message}`);
  }
};

/** Says how many of each kind, however many there are. */
const assertNone = (failures) => {
  const kinds = Object.entries(Object.groupBy(failures, (failure) => failure));
  assert.equal(
    failures.length,
    0,
    `failed: ${kinds.map(([kind, { length }]) => `${length} × ${kind}`).join(', ')}`,
  );
};

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
};

const openEngine = async () => {
  if (process.env.STAND_INS === '1') {
    const folder = process.env.ENGINE_DIR ?? join(tmpdir(), 'gatehouse-engine');
    say(`starting a Docker Engine in ${folder} (its images stay there for the next run)`);
    const { host, stop } = await startEngine(folder);
    const env = { DOCKER_HOST: host };
    try {
      say('building stand-ins for the public images');
      await buildStandIns(publicImages, env);
    } catch (error) {
      await stop();
      throw error;
    }
    return { env, stop };
  }
  if (await succeeds('docker', ['info'])) return { env: {}, stop: async () => {} };
  throw new Error(
    'No Docker Engine answers. On Debian, as root, STAND_INS=1 npm run test:compose starts one of its own.',
  );
};

/** Signed in as the administrator whose password the product made for itself. */
const signIn = async (url, password) => {
  const response = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: administrator, password }),
  });
  assert.equal(response.status, 200);
  return (await response.json()).data.accessToken;
};

const get = async (url, token) => {
  const response = await fetch(url, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  assert.equal(response.status, 200, url);
  return (await response.json()).data;
};

/** Both instances of all three services, as the gateway knows them; at most 60 s. */
const waitForBoth = async (url, password) => {
  const token = await signIn(url, password);
  let seen;
  for (let tries = 0; tries < 60; tries += 1) {
    const services = await get(`${url}/admin/services`, token);
    seen = services.map(({ name, instances }) => {
      // One that was killed stays listed until its successor at the same address is gone too.
      const passing = instances.filter(({ health }) => health === 'passing');
      return `${name} ${new Set(passing.map(({ address, port }) => `${address}:${port}`)).size}`;
    });
    if (seen.sort().join() === 'orders 2,posts 2,users 2') return seen.join(', ');
    await delay(1000);
  }
  throw new Error(`There were never two of each: ${seen.join(', ')}`);
};

/** Where each gateway is without HAProxy. This machine reaches the networks of its own engine; nobody else does. */
const edgeAddresses = async ({ containers }) => {
  const all = await containers();
  return ['gateway-1', 'gateway-2'].map((name) => {
    const networks = Object.entries(all[name].NetworkSettings.Networks);
    return networks.find(([network]) => network.endsWith('_edge'))[1].IPAddress;
  });
};

const testProject = async (project, url) => {
  await check('everything starts and is healthy', async () => {
    await project.compose(['up', '--detach', '--build']);
    await project.waitUntilHealthy(running);
  });
  if (counts.failed > 0) return;
  const password = (await project.exec('users-1', ['cat', '/run/gatehouse/administrator'])).trim();
  await check('two instances of each service are registered', () => waitForBoth(url, password));
  for (const [name, look] of promises) await check(name, () => look(project));

  const suite = (files) => async () => {
    const addresses = await edgeAddresses(project);
    const env = {
      GATEHOUSE_E2E_URL: url,
      GATEHOUSE_E2E_GATEWAYS: addresses.map((address) => `http://${address}:8080`).join(),
      GATEHOUSE_E2E_OPERATIONS_URL: `http://${addresses[0]}:9090`,
      GATEHOUSE_E2E_ADMIN_EMAIL: administrator,
      GATEHOUSE_E2E_ADMIN_PASSWORD: password,
    };
    const args = [
      'scripts/bootstrap.mjs',
      'node_modules/vitest/vitest.mjs',
      'run',
      '--config',
      'vitest.e2e-servers.config.ts',
    ];
    const code = await show(process.execPath, [...args, ...files.map((file) => `e2e/src/${file}`)], {
      cwd: root,
      env,
    });
    assert.equal(code, 0, `vitest ended with ${code}`);
  };
  await check('the end-to-end suite through HAProxy, limits as for everyone', suite(['operators.test.ts']));

  await check('gateways are replaced one by one while others read', async () => {
    const { reads, failures } = await readDuring(`${url}/api/posts`, async () => {
      for (const name of ['gateway-1', 'gateway-2']) {
        await project.compose(['up', '--detach', '--no-deps', name], { RATE_LIMIT_FACTOR: '1000' });
        await project.waitUntilHealthy([name]);
        // HAProxy asks each second, and asks for a changed address every five.
        await delay(8000);
      }
    });
    assertNone(failures);
    return `${reads} reads, none failed`;
  });
  const files = ['journey.test.ts', 'bad-input.test.ts', 'restart.test.ts'];
  await check('the end-to-end suite through HAProxy, limits times 1000', suite(files));

  await check('one instance of everything is killed while others read, and comes back', async () => {
    const before = await project.containers();
    const { reads, failures } = await readDuring(`${url}/api/posts`, async () => {
      for (const name of firstOfEach) {
        await project.docker(['restart', '--time', '0', before[name].Id]);
        await delay(1000);
      }
      await project.waitUntilHealthy(firstOfEach);
    });
    const after = await project.containers();
    for (const name of firstOfEach) assert.notEqual(after[name].State.Pid, before[name].State.Pid, name);
    assertNone(failures);
    return `${firstOfEach.length} killed, ${reads} reads, none failed`;
  });

  await check('everything is there again after down and up', async () => {
    const known = (token) => get(`${url}/api/users?limit=100`, token);
    const posts = await get(`${url}/api/posts?limit=100`);
    const users = await known(await signIn(url, password));
    assert.ok(posts.length > 0 && users.length > 20);
    await project.compose(['down', '--timeout', '60']);
    await project.compose(['up', '--detach'], { RATE_LIMIT_FACTOR: '1000' });
    await project.waitUntilHealthy(running);
    assert.deepEqual(await get(`${url}/api/posts?limit=100`), posts);
    assert.deepEqual(
      (await known(await signIn(url, password))).map(({ id }) => id),
      users.map(({ id }) => id),
    );
    return `${posts.length} posts, ${users.length} users, ${await waitForBoth(url, password)}`;
  });
};

const engine = await openEngine();
const port = await freePort();
const project = await openProject({ name: `gatehouse-test-${process.pid}`, port, engine: engine.env });
let stopping = false;
const end = async () => {
  if (stopping) return;
  stopping = true;
  await project
    .compose(['down', '--volumes', '--remove-orphans', '--timeout', '20'])
    .catch((error) => say(error.message));
  await engine.stop();
};
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, async () => {
    await end();
    process.exit(1);
  });
try {
  await testProject(project, `http://127.0.0.1:${port}`);
  if (counts.failed > 0) say(await project.logs());
} finally {
  await end();
}
say(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed === 0 ? 0 : 1);
