import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from './config.ts';
import { runUntilStopped } from './run.ts';

const root = join(import.meta.dirname, '../../..');
const dotenv = join(root, '.env');
if (existsSync(dotenv)) process.loadEnvFile(dotenv);

process.exitCode = await runUntilStopped({
  readConfig: () => parseConfig(process.env, root),
  print: (text) => process.stdout.write(`${text}\n`),
  complain: (text) => process.stderr.write(`${text}\n`),
});
// Whatever still holds the event loop (a slow client, a probe) must not keep a stopped product alive.
process.exit();
