// What docker-compose.yml promises of its containers, looked at from outside while they run.
import assert from 'node:assert/strict';

export const servers = ['consul', 'rabbitmq', 'postgres', 'redis', 'haproxy'];
export const parts = ['users', 'posts', 'orders', 'gateway'].flatMap((name) => [`${name}-1`, `${name}-2`]);
export const running = [...servers, ...parts];

const isRefused = (work) =>
  work.then(
    () => false,
    () => true,
  );

const inspectAll = async ({ containers }) => {
  const all = await containers();
  return running.map((service) => ({ service, ...all[service] }));
};

/** A line of JavaScript in a container of ours; answers what it wrote. */
const ask = ({ exec }, service, script) => exec(service, ['node', '--input-type=module', '-'], script);

const runAs = async (project, database) => {
  const query = `PGPASSWORD=$(cat /run/gatehouse/users) psql -h 127.0.0.1 -U users -d ${database} -Atc 'select current_user'`;
  return (await project.exec('postgres', ['sh', '-c', query])).trim();
};

const strings = (value) =>
  typeof value === 'string'
    ? [value]
    : Object.entries(value).flatMap(([key, inner]) => (/salt/i.test(key) ? [] : strings(inner)));

/** Each: what it says, and a check that throws when it is not so. */
export const promises = [
  [
    'no process runs as root, may become it, or may change its files',
    async (project) => {
      for (const { service, State, HostConfig } of await inspectAll(project)) {
        const account = (await project.exec(service, ['id', '-u'])).trim();
        assert.notEqual(account, '0', service);
        assert.equal(HostConfig.ReadonlyRootfs, true, service);
        assert.deepEqual(HostConfig.CapDrop, ['ALL'], service);
        assert.ok(HostConfig.SecurityOpt.includes('no-new-privileges:true'), service);
        assert.ok(State.Running, service);
      }
    },
  ],
  [
    'each has limits of memory, processor and processes, and comes back by itself',
    async (project) => {
      for (const { service, HostConfig } of await inspectAll(project)) {
        assert.ok(HostConfig.Memory > 0 && HostConfig.NanoCpus > 0 && HostConfig.PidsLimit > 0, service);
        assert.equal(HostConfig.RestartPolicy.Name, 'unless-stopped', service);
      }
    },
  ],
  [
    'only HAProxy is reached from outside, and every other network is closed',
    async (project) => {
      const networks = new Set();
      for (const { service, HostConfig, NetworkSettings } of await inspectAll(project)) {
        const published = Object.values(HostConfig.PortBindings ?? {}).flat().length;
        assert.equal(published, service === 'haproxy' ? 1 : 0, service);
        for (const name of Object.keys(NetworkSettings.Networks)) networks.add(name);
      }
      const open = [];
      for (const name of networks) {
        const [{ Internal }] = JSON.parse((await project.docker(['network', 'inspect', name])).stdout);
        if (!Internal) open.push(name.replace(/^.*_/, ''));
      }
      assert.deepEqual(open, ['public']);
      assert.ok(networks.size >= 6);
    },
  ],
  [
    'a part finds only the servers that it needs',
    async (project) => {
      const find = (service, name) =>
        ask(project, service, `import { lookup } from 'node:dns/promises'; await lookup('${name}');`);
      for (const [service, name] of [
        ['posts-1', 'postgres'],
        ['gateway-1', 'redis'],
      ])
        await find(service, name);
      for (const [service, name] of [
        ['posts-1', 'redis'],
        ['posts-1', 'haproxy'],
        ['gateway-1', 'postgres'],
      ])
        assert.ok(await isRefused(find(service, name)), `${service} finds ${name}`);
    },
  ],
  [
    "PostgreSQL lets a service into its own database and no other's",
    async (project) => {
      assert.equal(await runAs(project, 'users'), 'users');
      for (const database of ['posts', 'orders', 'postgres'])
        assert.ok(await isRefused(runAs(project, database)), database);
    },
  ],
  [
    'Consul shows strangers nothing, and a service registers only itself',
    async (project) => {
      const script = (token, name) => `
        import { readFileSync } from 'node:fs';
        const headers = ${token} ? { 'x-consul-token': readFileSync('/run/gatehouse/consul_token', 'utf8') } : {};
        const seen = await fetch('http://consul:8500/v1/catalog/services', { headers }).then((answer) => answer.json());
        const body = JSON.stringify({ ID: 'stranger', Name: '${name}' });
        const put = await fetch('http://consul:8500/v1/agent/service/register', { method: 'PUT', headers, body });
        console.log(JSON.stringify([Object.keys(seen), put.status]));`;
      assert.deepEqual(JSON.parse(await ask(project, 'posts-1', script(false, 'posts'))), [[], 403]);
      const [seen, status] = JSON.parse(await ask(project, 'posts-1', script(true, 'orders')));
      assert.equal(status, 403);
      assert.ok(seen.includes('orders') && seen.includes('users'));
    },
  ],
  [
    'RabbitMQ and Redis know nobody without a password',
    async (project) => {
      const users = await project.exec('rabbitmq', [
        'rabbitmqctl',
        '--quiet',
        'list_users',
        '--no-table-headers',
      ]);
      assert.deepEqual(
        users
          .split('\n')
          .map((line) => line.split('\t')[0])
          .filter(Boolean)
          .sort(),
        ['gateway', 'orders', 'posts', 'users'],
      );
      assert.match(await project.exec('redis', ['redis-cli', 'get', 'gatehouse:gateways']), /NOAUTH/);
    },
  ],
  [
    'no secret stands in an image, in `docker inspect` or in a log',
    async (project) => {
      const all = await inspectAll(project);
      const volume = all
        .find(({ service }) => service === 'users-1')
        .Mounts.find(({ Name }) => Name?.endsWith('_users-secrets')).Name;
      const made = volume.replace(/users-secrets$/, 'made-secrets');
      const image = all.find(({ service }) => service === 'users-1').Image;
      const read = [
        'run',
        '--rm',
        '--user',
        'root',
        '--network',
        'none',
        '--volume',
        `${made}:/made:ro`,
        image,
        'cat',
        '/made/values.json',
      ];
      const secrets = strings(JSON.parse((await project.docker(read)).stdout));
      assert.ok(secrets.length >= 15);
      for (const { service, Id, Image, ...told } of all) {
        const { stdout, stderr } = await project.docker(['logs', Id]);
        const layers = (await project.docker(['history', '--no-trunc', Image])).stdout;
        const text = [JSON.stringify(told), stdout, stderr, layers].join('\n');
        assert.deepEqual(secrets.filter((secret) => text.includes(secret)).length, 0, service);
      }
    },
  ],
];
