import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from './contenders.ts';
import { get } from './get.ts';
import type { StartedProcess } from './processes.ts';
import { pathOf } from './routes.ts';
import type { Site } from './site.ts';

/**
 * That a contender does what is said of it, before it is measured: the right answer for several users and routes, and
 * 401 for a missing and for a tampered token where it authenticates. For ours also that its policies are at work.
 *
 * @throws Error that says what is wrong.
 */
export const checkContender = async (
  contender: Contender,
  { ports }: StartedProcess,
  site: Site,
): Promise<void> => {
  const port = ports.http as number;
  const expect = (isTrue: boolean, what: string): void => {
    if (!isTrue) throw new Error(`${contender.name}: ${what}`);
  };

  for (const user of [0, 1, 99, 999]) {
    const { status, body } = await get(port, pathOf(user % 100, user), site.tokens[user]);
    expect(status === 200, `answered ${status} instead of 200: ${body.slice(0, 200)}`);
    expect(body === site.upstream.body, 'answered with another body than the upstream');
  }
  if (!contender.authenticates) return;
  const missing = await get(port, pathOf(0, 0), undefined);
  expect(missing.status === 401, `answered ${missing.status} without a token`);
  const tampered = await get(port, pathOf(0, 0), tamper(site.tokens[0] as string));
  expect(tampered.status === 401, `answered ${tampered.status} to a tampered token`);

  const { operations } = ports;
  if (operations === undefined) return;
  const { headers } = await get(port, pathOf(7, 7), site.tokens[7]);
  expect(headers.ratelimit !== undefined, 'says nothing of its limit: it does not count');
  const metrics = await get(operations, '/metrics', undefined);
  const counted = /gateway_request_duration_seconds_count\{[^}]*route="r7"[^}]*\} [1-9]/.test(metrics.body);
  expect(counted, 'does not count its requests in /metrics');
  expect(await hasLogged(contender, site), 'writes no access log');
  if (!contender.usesRedis) return;
  const keys = await redisKeys(site.redis?.port as number);
  expect(keys > 0, 'counts nothing in Redis');
};

/** The signature's first character exchanged for another. */
const tamper = (token: string): string => {
  const at = token.lastIndexOf('.') + 1;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
};

/** The log may be written a moment after the answer. */
const hasLogged = async (contender: Contender, site: Site): Promise<boolean> => {
  for (let look = 0; look < 50; look += 1) {
    if (contender.logs(site).some((file) => readFileSync(file, 'utf8').includes('"route":"r7"'))) return true;
    await sleep(100);
  }
  return false;
};

const redisKeys = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('DBSIZE\r\n'));
    socket.once('data', (answer) => {
      socket.destroy();
      resolve(Number(String(answer).slice(1)));
    });
    socket.once('error', reject);
  });
