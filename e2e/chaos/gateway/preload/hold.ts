// Preloaded into every process of the product during the experiments on the gateway. One can be kept from starting by a file
// `hold-<instance>` in the folder CHAOS_HOOKS: it waits here, before it has loaded anything, and takes no processor from the others.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const order = join(process.env.CHAOS_HOOKS ?? '', `hold-${basename(process.env.DATA_DIR ?? '')}`);
while (existsSync(order)) await delay(50);
