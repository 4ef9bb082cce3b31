// What starts in a container: makes the environment complete, then goes on as the part itself.
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const { env } = process;

/** `NAME_FILE=/run/gatehouse/name` gives `NAME`: a secret is then in no image, no compose file and no `docker inspect`. */
const readSecrets = () => {
  for (const [variable, file] of Object.entries(env)) {
    if (!variable.endsWith('_FILE') || !file) continue;
    env[variable.slice(0, -'_FILE'.length)] = readFileSync(file, 'utf8').trim();
    delete env[variable];
  }
};

/**
 * `LISTEN_AS` is a name that this container has on one of its networks only: it listens there and nowhere else. With
 * `TRUST_NETWORK` the proxies of that same network are believed when they say whom they speak for.
 */
const listenOnOneNetwork = async () => {
  if (!env.LISTEN_AS) return;
  const { address } = await lookup(env.LISTEN_AS, { family: 4 });
  env.HOST = address;
  if (!env.TRUST_NETWORK) return;
  env.OPERATIONS_HOST = address;
  const own = Object.values(networkInterfaces())
    .flat()
    .find((network) => network.address === address);
  env.TRUSTED_PROXIES = own.cidr;
};

readSecrets();
await listenOnOneNetwork();
const main = resolve(env.PART, 'src/main.ts');
process.argv[1] = main;
await import(pathToFileURL(main).href);
