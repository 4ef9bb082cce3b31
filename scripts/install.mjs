// Installs the workspace by `npm ci`, shows that it goes on, and says in words what to do when it does not.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const stampFile = (root) => join(root, 'node_modules', '.gatehouse-installed');

/** What an install depends on: the lock file and the platform whose binaries it brought. */
export const installedStamp = (root) =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.platform}-${process.arch}`)
    .digest('hex');

/** The stamp of the last install that ended well, if any. */
export const readStamp = (root) =>
  existsSync(stampFile(root)) ? readFileSync(stampFile(root), 'utf8').trim() : undefined;

const advice = [
  [/ENOSPC/, 'The disk is full. The install needs about 700 MB: free some space and run the command again.'],
  [
    /EACCES|EPERM/,
    'npm may not write to this folder. Clone the repository into a folder of your own and run the command again.',
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET/,
    'The package registry cannot be reached. Check the network or proxy (npm config get registry) and run the command again.',
  ],
];

const lastLines = (output) => output.trim().split('\n').slice(-12).join('\n');

/** How npm was started tells where it is; without that, the one on PATH. */
const npmCommand = () =>
  process.env.npm_execpath
    ? [process.execPath, [process.env.npm_execpath], false]
    : ['npm', [], process.platform === 'win32'];

const showProgress = () => {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  process.stderr.write('Installing the packages of Gatehouse (once; about 20 s to a minute) …\n');
  const timer = process.stderr.isTTY
    ? setInterval(() => process.stderr.write(`\r  ${seconds()} s `), 1000)
    : setInterval(() => process.stderr.write(`  ${seconds()} s\n`), 15_000);
  return (ended) => {
    clearInterval(timer);
    process.stderr.write(`${process.stderr.isTTY ? '\r' : ''}  ${ended} after ${seconds()} s\n`);
  };
};

/** Runs `npm ci`. Answers undefined when all went well, else what a person should read. */
export const installDependencies = (root, stamp) =>
  new Promise((resolve) => {
    const [command, before, shell] = npmCommand();
    const done = showProgress();
    // NODE_ENV=production would leave out the pinned Node, which is a dev dependency.
    const env = { ...process.env, NODE_ENV: '', npm_config_omit: '', npm_config_include: 'dev optional' };
    const npm = spawn(command, [...before, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      env,
      shell,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // An install that nobody waits for any more must not go on changing node_modules.
    const giveUp = () => {
      npm.kill();
      process.exit(1);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, giveUp);
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-64_000);
    };
    npm.stdout.on('data', keep);
    npm.stderr.on('data', keep);
    npm.on('error', (error) => {
      done('failed');
      resolve(
        `npm could not be started (${error.message}). Install npm, which comes with Node, and run the command again.`,
      );
    });
    npm.on('close', (code) => {
      for (const signal of signals) process.off(signal, giveUp);
      done(code === 0 ? 'done' : 'failed');
      if (code === 0) {
        writeFileSync(stampFile(root), `${stamp}\n`);
        resolve(undefined);
        return;
      }
      const hint = advice.find(([pattern]) => pattern.test(output))?.[1];
      resolve(`${lastLines(output)}\n\nnpm ci failed (exit code ${code}).${hint ? ` ${hint}` : ''}`);
    });
  });
