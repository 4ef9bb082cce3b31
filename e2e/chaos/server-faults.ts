// Faults of the real servers under load, each printed with its counts and the proof that it happened. Usage:
//   npm run chaos:servers [-- <experiment> …] [--short]
// Experiments: instances-killed, consul-killed, redis-killed (events and their servers: chaos:events). Exit code 1 when one does not hold.
import { clientOf, newUser, signInAdministrator } from '../src/client.ts';
import { administrator } from '../src/product.ts';
import { startOnServers } from '../src/servers-product.ts';
import { experiments } from './experiments.ts';

const chosen = process.argv.slice(2).filter((name) => !name.startsWith('--'));
const short = process.argv.includes('--short');
const names = chosen.length > 0 ? chosen : Object.keys(experiments);
const unknown = names.filter((name) => !(name in experiments));
if (unknown.length > 0) {
  console.error(
    `No such experiment: ${unknown.join(', ')}. There are ${Object.keys(experiments).join(', ')}.`,
  );
  process.exit(2);
}

const product = await startOnServers({
  PATH: process.env.PATH ?? '',
  ADMIN_EMAIL: administrator.email,
  ADMIN_PASSWORD: administrator.password,
  RATE_LIMIT_FACTOR: '1000',
});
let allHold = true;
try {
  const [url = ''] = product.gateways;
  for (const name of names) {
    // Anew for each: a token lasts 15 minutes.
    const admin = await signInAdministrator(url);
    const buyers = await Promise.all(Array.from({ length: 4 }, () => newUser(url, admin, 'Chaos')));
    const result = await experiments[name as keyof typeof experiments]({
      product,
      admin,
      buyers,
      calls: product.gateways.flatMap((gateway) => buyers.map(({ token }) => clientOf(gateway, token))),
      short,
    });
    console.log(name, result);
    console.log(`${name}: ${result.holds ? 'HOLDS' : 'DOES NOT HOLD'}`);
    allHold &&= result.holds;
  }
} finally {
  await product.dispose();
}
process.exit(allHold ? 0 : 1);
