import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from './config.ts';
import { runUntilStopped } from './run.ts';

const root = join(import.meta.dirname, '../../..');
const dotenv = join(root, '.env');
if (existsSync(dotenv)) process.loadEnvFile(dotenv);

process.exit(
  await runUntilStopped({
    root,
    searchPath: process.env.PATH ?? '',
    readConfig: () => parseConfig(process.env, root),
    print: (text) => process.stdout.write(`${text}\n`),
    complain: (text) => process.stderr.write(`${text}\n`),
  }),
);
