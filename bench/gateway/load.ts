import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { track } from './processes.ts';
import { pathOf, routeCount } from './routes.ts';

export type LoadResult = Readonly<{
  requests: number;
  durationUs: number;
  /** Answers other than 2xx and 3xx. */
  refused: number;
  socketErrors: number;
  p50Us: number;
  p99Us: number;
}>;

export type LoadPlan = Readonly<{
  wrk: string;
  cpu: number;
  requestsFile: string;
  /** So many client addresses in turn, as a trusted proxy says them. */
  clients?: number | undefined;
}>;

const connections = 64;
const script = fileURLToPath(new URL('wrk.lua', import.meta.url));

/** Writes what `wrk` sends: every token once, on routes in an order that mixes users and routes. */
export const writeRequests = (folder: string, tokens: readonly string[], routes = routeCount): string => {
  const file = join(folder, `requests-${routes}.txt`);
  // 37 has no factor in common with 10, 100 and 1000, so users and routes are mixed and every route is met.
  const lines = tokens.map(
    (token, user) => `${pathOf((user * 37 + Math.floor(user / routes)) % routes, user)} ${token}`,
  );
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
};

/** Sends requests over 64 kept connections for `seconds`, one after the other on each. */
export const sendLoad = (plan: LoadPlan, port: number, seconds: number): Promise<LoadResult> =>
  new Promise((resolve, reject) => {
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script];
    const child = spawn(
      'taskset',
      [
        '-c',
        String(plan.cpu),
        plan.wrk,
        ...args,
        `http://127.0.0.1:${port}`,
        '--',
        plan.requestsFile,
        ...(plan.clients === undefined ? [] : [String(plan.clients)]),
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    void track(child);
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.once('error', reject);
    child.once('close', () => {
      const [, json] = /^RESULT (.*)$/m.exec(output) ?? [];
      if (json === undefined) reject(new Error(`wrk gave no result:\n${output}`));
      else resolve(JSON.parse(json) as LoadResult);
    });
  });
