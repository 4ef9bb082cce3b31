import { execFile, spawn } from 'node:child_process';

/** What a command wrote, or an error with its last lines. `input` goes to its standard input. */
export const run = (command, args, { env = {}, cwd, input } = {}) =>
  new Promise((resolve, reject) => {
    const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (!error) return resolve({ stdout, stderr });
      const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-25).join('\n');
      reject(
        new Error(`${command} ${args.slice(0, 8).join(' ')} failed (${error.code ?? error.signal})\n${said}`),
      );
    });
    // A command may end without having read it.
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
  });

export const succeeds = (command, args, options) =>
  run(command, args, options).then(
    () => true,
    () => false,
  );

/** Runs with its output shown; answers the exit code. */
export const show = (command, args, { env = {}, cwd } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });

export const say = (line) => process.stdout.write(`${line}\n`);
