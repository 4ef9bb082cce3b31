// The door of `npm start` and `npm test`: built-ins only, any Node ≥ 18. Checks the machine, installs when the lock file has
// changed since the last install, and goes on under the Node that package.json pins (the `node` package).
// Usage: node scripts/bootstrap.mjs [flags of Node …] <entry> [arguments …]
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installDependencies, installedStamp, readStamp } from './install.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pinnedNode = join(
  root,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

const fail = (message) => {
  process.stderr.write(`\n${message}\n`);
  process.exit(1);
};

const checkMachine = () => {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 18)
    fail(
      `Gatehouse needs Node 18 or newer to begin with; this is ${process.version}. See https://nodejs.org.`,
    );
  const supported = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'];
  const here = `${process.platform}-${process.arch}`;
  if (!supported.includes(here)) {
    fail(
      `Gatehouse does not run on ${here}: there is no PostgreSQL binary for it. It runs on ${supported.join(', ')}.`,
    );
  }
};

/** Runs `entry` in place of this process: with `execve` where this Node has it (one process less), else as a child. */
const goOn = async (flags, entry, args) => {
  const file = join(root, entry);
  if (process.execPath === pinnedNode && flags.length === 0) {
    process.argv = [process.execPath, file, ...args];
    await import(pathToFileURL(file).href);
    return;
  }
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(pinnedNode, [pinnedNode, ...flags, file, ...args], process.env);
  }
  const child = spawn(pinnedNode, [...flags, file, ...args], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to the whole group, so the child has it already; SIGTERM and SIGHUP reach this process alone.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`Could not start ${pinnedNode}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
};

const given = process.argv.slice(2);
const firstOther = given.findIndex((argument) => !argument.startsWith('-'));
const flags = given.slice(0, Math.max(0, firstOther));
const [entry, ...args] = given.slice(flags.length);
if (firstOther === -1) fail('Usage: node scripts/bootstrap.mjs [flags of Node …] <entry> [arguments …]');

checkMachine();
const wanted = installedStamp(root);
if (readStamp(root) !== wanted || !existsSync(pinnedNode)) {
  const problem = await installDependencies(root, wanted);
  if (problem) fail(problem);
}
await goOn(flags, entry, args);
