// Makes every secret of docker-compose.yml at the first start, and lays for each container the files that it needs into a
// volume of its own. Whoever runs it again gets the same: what was made stays, what is new is added.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [root = '/secrets'] = process.argv.slice(2);
const services = ['users', 'posts', 'orders'];
const callers = [...services, 'gateway'];

const password = () => randomBytes(24).toString('base64url');
const each = (names, make) => Object.fromEntries(names.map((name) => [name, make()]));

/** Only this script sees this file: its volume is in no other container. */
const valuesFile = join(root, 'made', 'values.json');

const readValues = () => {
  const made = existsSync(valuesFile) ? JSON.parse(readFileSync(valuesFile, 'utf8')) : {};
  return {
    administrator: made.administrator ?? password(),
    serviceTokens: made.serviceTokens ?? randomBytes(48).toString('base64url'),
    superuser: made.superuser ?? password(),
    databases: { ...each(services, password), ...made.databases },
    broker: { ...each(callers, password), ...made.broker },
    brokerSalts: { ...each(callers, () => randomBytes(4).toString('base64')), ...made.brokerSalts },
    redis: made.redis ?? password(),
    consulBootstrap: made.consulBootstrap ?? randomUUID(),
    consul: { ...each(callers, randomUUID), ...made.consul },
    consulAgent: made.consulAgent ?? randomUUID(),
  };
};

/** Whole or not at all: who is interrupted begins again. */
const write = (file, content, mode) => {
  const path = join(root, file);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(`${path}.new`, content, { mode });
  renameSync(`${path}.new`, path);
};

/** Readable by any account: only the container that a volume is for has it. */
const give = (file, content) => write(file, content, 0o444);

/** RabbitMQ's own form: salt, then SHA-256 of salt and password. */
const hashForBroker = (secret, salt) => {
  const bytes = Buffer.from(salt, 'base64');
  const hash = createHash('sha256').update(bytes).update(secret).digest();
  return Buffer.concat([bytes, hash]).toString('base64');
};

/** What each may name: the exchanges, the queues of its own service, and those that the broker names for one connection. */
const brokerNames = (name) => `gatehouse\\.(events|unrouted|dead)|${name}\\..+|amq\\.gen-.+`;

const brokerDefinitions = ({ broker, brokerSalts }) => ({
  vhosts: [{ name: 'gatehouse' }],
  users: callers.map((name) => ({
    name,
    password_hash: hashForBroker(broker[name], brokerSalts[name]),
    hashing_algorithm: 'rabbit_password_hashing_sha256',
    tags: '',
  })),
  permissions: callers.map((name) => {
    const own = `^(${brokerNames(name)})$`;
    // A service notes by which patterns its queue is bound, and writes that note by way of the default exchange.
    const write = `^(${brokerNames(name)}|amq\\.default)$`;
    return { user: name, vhost: 'gatehouse', configure: own, write, read: own };
  }),
});

/** Nobody without a password; the gateway may use its own keys, and nothing that concerns the server. */
const redisUsers = ({ redis }) => {
  const hash = createHash('sha256').update(redis).digest('hex');
  return `user default off\nuser gateway on #${hash} ~gatehouse:* resetchannels +@all -@admin -@dangerous\n`;
};

const values = readValues();
write('made/values.json', `${JSON.stringify(values, null, 2)}\n`, 0o400);

for (const name of callers) {
  give(`${name}/service_tokens`, values.serviceTokens);
  give(`${name}/consul_token`, values.consul[name]);
  give(`${name}/rabbitmq_url`, `amqp://${name}:${values.broker[name]}@rabbitmq:5672/gatehouse`);
}
for (const name of services) {
  give(`${name}/database_url`, `postgres://${name}:${values.databases[name]}@postgres:5432/${name}`);
  give(`postgres/${name}`, values.databases[name]);
}
give('users/administrator', values.administrator);
give('gateway/redis_url', `redis://gateway:${values.redis}@redis:6379`);
give('postgres/superuser', values.superuser);
give('rabbitmq/definitions.json', JSON.stringify(brokerDefinitions(values), null, 2));
give('redis/users.acl', redisUsers(values));
give(
  'consul-setup/tokens.json',
  JSON.stringify({ bootstrap: values.consulBootstrap, agent: values.consulAgent, callers: values.consul }),
);
