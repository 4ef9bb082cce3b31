// Gives each part the rights in Consul that it needs, by a token of its own. Runs at every start and changes nothing that
// is right already; after Consul lost its data it makes everything again.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const consul = process.env.CONSUL_HTTP_ADDR;
const folder = '/run/gatehouse';
const tokens = JSON.parse(readFileSync(`${folder}/tokens.json`, 'utf8'));
const managementFile = `${folder}/management_token`;

const ask = async (method, path, { token, body } = {}) => {
  const response = await fetch(`${consul}/v1${path}`, {
    method,
    headers: token === undefined ? {} : { 'x-consul-token': token },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(5000),
  });
  const text = await response.text();
  return { status: response.status, text, data: response.ok && text !== '' ? JSON.parse(text) : undefined };
};

const mustAsk = async (method, path, options) => {
  const answer = await ask(method, path, options);
  if (answer.status !== 200) throw new Error(`Consul: ${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.data;
};

/** Consul before 1.11 chooses this token itself; so what it answers counts, and is kept. */
const findManagementToken = async () => {
  const answer = await ask('PUT', '/acl/bootstrap', { body: { BootstrapSecret: tokens.bootstrap } });
  if (answer.status === 200) {
    writeFileSync(managementFile, answer.data.SecretID, { mode: 0o400 });
    return answer.data.SecretID;
  }
  if (answer.status !== 403) throw new Error(`Consul is not ready: ${answer.status} ${answer.text}`);
  return existsSync(managementFile) ? readFileSync(managementFile, 'utf8') : tokens.bootstrap;
};

/** Just after the election the leader has no table of rights yet. */
const waitForManagementToken = async (tries = 30) => {
  for (let left = tries; ; left -= 1) {
    try {
      return await findManagementToken();
    } catch (error) {
      if (left === 0) throw error;
      await delay(1000);
    }
  }
};

/** A version 4 UUID that is the same at every start. */
const accessorOf = (name) => {
  const hex = createHash('sha256').update(`gatehouse ${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

const readAll =
  'service_prefix "" { policy = "read" }\nnode_prefix "" { policy = "read" }\nagent_prefix "" { policy = "read" }';
const rules = {
  agent: 'node_prefix "" { policy = "write" }\nservice_prefix "" { policy = "read" }',
  gateway: readAll,
  ...Object.fromEntries(
    Object.keys(tokens.callers)
      .filter((name) => name !== 'gateway')
      .map((name) => [name, `service "${name}" { policy = "write" }\n${readAll}`]),
  ),
};

const token = await waitForManagementToken();
const known = await mustAsk('GET', '/acl/policies', { token });
const given = await mustAsk('GET', '/acl/tokens', { token });
for (const [name, secret] of [['agent', tokens.agent], ...Object.entries(tokens.callers)]) {
  const policy = { Name: `gatehouse-${name}`, Rules: rules[name] };
  const existing = known.find(({ Name }) => Name === policy.Name);
  const path = existing === undefined ? '/acl/policy' : `/acl/policy/${existing.ID}`;
  await mustAsk('PUT', path, {
    token,
    body: { ...policy, ...(existing === undefined ? {} : { ID: existing.ID }) },
  });

  const accessor = accessorOf(name);
  if (!given.some(({ AccessorID }) => AccessorID === accessor)) {
    const body = {
      AccessorID: accessor,
      SecretID: secret,
      Description: policy.Name,
      Policies: [{ Name: policy.Name }],
    };
    await mustAsk('PUT', '/acl/token', { token, body });
  }
}
// By this one the agent keeps the catalogue right, and takes out of it what is not registered with it any more.
await mustAsk('PUT', '/agent/token/agent', { token, body: { Token: tokens.agent } });

/** Consul before 1.9 takes no instance out that ended while Consul did: callers would go on being sent there. */
const forgetTheGone = async () => {
  const here = await mustAsk('GET', '/agent/services', { token });
  const { Services: listed } = (await mustAsk('GET', '/catalog/node/consul', { token })) ?? {};
  const gone = Object.keys(listed ?? {}).filter((id) => id !== 'consul' && here[id] === undefined);
  for (const id of gone)
    await mustAsk('PUT', '/catalog/deregister', { token, body: { Node: 'consul', ServiceID: id } });
  return gone.length;
};
const gone = await forgetTheGone();
if (gone > 0) process.stdout.write(`Consul: ${gone} instances that are gone are forgotten\n`);
process.stdout.write(`Consul: rights of ${Object.keys(rules).join(', ')} are set\n`);
