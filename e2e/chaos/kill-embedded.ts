// Kills the embedded product with SIGKILL again and again under a stream of orders, and prints whether anything that was
// acknowledged is missing, doubled or stuck. Usage: npm run chaos:embedded [-- <kills> <buyers>]; exit code 1 when something does not hold.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Call,
  clientOf,
  newUser,
  password,
  type SignedIn,
  signIn,
  signInAdministrator,
} from '../src/client.ts';
import { startProduct } from '../src/product.ts';
import { holds } from './conservation.ts';
import { checkConservation, whenSettled } from './evidence.ts';
import { openLedger } from './ledger.ts';
import { type StreamCounts, streamOrders } from './order-stream.ts';

const [kills = 20, buyerCount = 6] = process.argv.slice(2).map(Number);
const stockAtFirst = 400;

const product = await startProduct();
const ledger = openLedger(join(product.dataDir, 'ledger.jsonl'));
const counts: StreamCounts = { created: 0, confirmAccepted: 0, repeated: 0, unanswered: 0 };
let admin = await signInAdministrator(product.url);
const created = await admin.call('POST /api/products', {
  body: { sku: 'CHAOS-1', name: 'Widget', price: { amount: 500, currency: 'EUR' }, stock: stockAtFirst },
});
const productId: string = created.body.data.id;
const buyers: SignedIn[] = [];
for (let n = 0; n < buyerCount; n += 1) buyers.push(await newUser(product.url, admin, 'Chaos'));

let up = Promise.resolve();
let stopped = false;
const calls: Call[] = buyers.map(({ token }) => clientOf(product.url, token));
const streams = calls.map((call, buyer) =>
  streamOrders({
    call: () => call,
    buyer,
    productId,
    ledger,
    counts,
    stopped: () => stopped,
    whenUp: async () => {
      await up;
      await delay(20);
    },
  }),
);

const startsMs: number[] = [];
for (let kill = 1; kill <= kills; kill += 1) {
  await delay(300 + Math.random() * 1200);
  await product.end('SIGKILL');
  const startedAt = performance.now();
  up = product.restart();
  await up;
  startsMs.push(Math.round(performance.now() - startedAt));
  console.log(`kill ${kill}: back after ${startsMs.at(-1)} ms; ${counts.created} orders acknowledged so far`);
}
await delay(500);
stopped = true;
await Promise.all(streams);

// Tokens last 15 minutes, the run may not: everybody signs in again.
admin = await signInAdministrator(product.url);
const again = await Promise.all(buyers.map(({ email }) => signIn(product.url, email, password)));
await whenSettled(again);
const result = await checkConservation({
  lines: ledger.lines(),
  buyers: again,
  admin,
  productId,
  stockAtFirst,
});

console.log({ kills, ...counts, slowestStartMs: Math.max(...startsMs), ...result });
const proved = counts.unanswered > 0;
if (!proved) console.log('No request was cut off: the kills proved nothing.');
console.log(holds(result) && proved ? 'HOLDS' : 'DOES NOT HOLD');
ledger.close();
await product.dispose();
process.exit(holds(result) && proved ? 0 : 1);
