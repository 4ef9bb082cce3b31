import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const root = dirname(dirname(import.meta.dirname));

export type StartScript = Readonly<{
  /** Starts it (again) and waits until every one of `readyUrls` answers 200. */
  start(): Promise<void>;
  output(): string;
  isRunning(): boolean;
  end(signal: NodeJS.Signals): Promise<number | null>;
}>;

export type StartScriptOptions = Readonly<{
  /** From the root of the repository. */
  entry: string;
  env: Readonly<Record<string, string>>;
  readyUrls: readonly string[];
  /** What it prints when all of it runs, where that is later than the first ready. */
  saysWhenReady?: string;
  limitMs: number;
  /** What else to show when it was not ready in time. */
  diagnose?: () => Promise<string>;
}>;

/**
 * A start script of the product, as the bootstrap goes on with it: tests run under the pinned Node already, and must never be what
 * sets off an install in the tree that they run from. (`.ci/fresh-clone.mjs` starts it as a user does.)
 */
export const createStartScript = (options: StartScriptOptions): StartScript => {
  let output = '';
  let running: ChildProcess | undefined;
  const isRunning = (): boolean => running?.exitCode === null && running.signalCode === null;

  const start = async (): Promise<void> => {
    const before = output.length;
    const child = spawn(process.execPath, [join(root, options.entry)], {
      cwd: root,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    const giveUpAt = Date.now() + options.limitMs;
    while (Date.now() < giveUpAt) {
      if (child.exitCode !== null) throw new Error(`The product ended with ${child.exitCode}:\n${output}`);
      const said = output.slice(before).includes(options.saysWhenReady ?? '');
      if (said && (await areReady(options.readyUrls))) return;
      await delay(50);
    }
    const log = await options.diagnose?.();
    throw new Error(`The product was not ready within ${options.limitMs / 1000} s:\n${output}\n${log ?? ''}`);
  };

  return {
    start,
    output: () => output,
    isRunning,
    end: async (signal) => {
      if (running === undefined || !isRunning()) return running?.exitCode ?? null;
      const ended = once(running, 'exit');
      running.kill(signal);
      await ended;
      return running.exitCode;
    },
  };
};

const areReady = async (urls: readonly string[]): Promise<boolean> => {
  const answers = urls.map((url) =>
    fetch(url).then(
      (response) => response.ok,
      () => false,
    ),
  );
  return (await Promise.all(answers)).every(Boolean);
};
