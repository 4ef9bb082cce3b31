import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { sharedLimiterBounds } from './shared-limiter.ts';

const page = join(import.meta.dirname, '../../../docs/reference/limits.md');

const adapters = ['in-memory', 'Redis'] as const;
export type Adapter = (typeof adapters)[number];

/**
 * Holds the adapter's column of `docs/reference/limits.md` against what came out of the contract in this very run (`-u`
 * writes it). The other column stays as it is.
 */
export const expectPublished = async (
  adapter: Adapter,
  outcomes: ReadonlyMap<string, 'kept' | 'broken'>,
): Promise<void> => {
  const before = rowsOf(readFileSync(page, 'utf8'));
  const rows = [...outcomes].map(([promise, outcome]) => {
    const cells = adapters.map((other, at) =>
      other === adapter ? outcome : (before.get(promise)?.[at] ?? ''),
    );
    return `| ${[promise, ...cells].join(' | ')} |`;
  });
  const table = [`| a limiter | ${adapters.join(' | ')} |`, '|---|---|---|', ...rows];

  await expect([...text, ...table, ''].join('\n')).toMatchFileSnapshot(page);
};

const rowsOf = (markdown: string): ReadonlyMap<string, readonly string[]> =>
  new Map(
    markdown
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .map((line) => line.slice(2, -2).split(' | '))
      .map(([promise = '', ...cells]) => [promise, cells]),
  );

const { answerMs, announceEveryMs, holdMs, longestHoldMs, startMs } = sharedLimiterBounds;

const text = `# Limits: where they are counted

Without \`REDIS_URL\` each gateway counts in its own memory: N gateways let N times a limit through. With it, all gateways on one
Redis count together. \`redis://[user:password@]host:port[/database]\`, \`rediss://\` for TLS (a certificate of your own authority:
\`NODE_EXTRA_CA_CERTS\`). Tested with Redis 7.0. With ACLs its user needs, on keys that begin with \`gatehouse:\`: \`EVAL EVALSHA TIME
GET SET DEL ZADD ZREMRANGEBYSCORE ZCARD PEXPIRE CLIENT|SETNAME\`.

| mode (\`gateway_limiter_mode\`) | when | what counts |
|---|---|---|
| \`memory\` | no \`REDIS_URL\` | this gateway's memory, in the same turn |
| \`shared\` | Redis answers | one script in one round trip for each limit of a request, by the clock of Redis |
| \`local\` | no answer within ${answerMs} ms, an error, or no connection | this gateway's memory: the limit divided by the number of gateways last seen, at least 1 |

- Each gateway says every ${announceEveryMs / 1000} s in Redis that it is there; that is how the others know how many there are. One that has never
  reached Redis counts the whole limit.
- Alone, a gateway goes on from what Redis told last of a key, and Redis is told afterwards what was counted meanwhile. So an outage
  gives nobody a second burst where the key was known, and together at most twice the limit where it was not. A limit
  smaller than the number of gateways is 1 for each of them.
- Requests under way are decided when Redis is found to be late; none waits longer, none fails. Back to \`shared\` after ${holdMs} ms at
  the earliest, doubling to ${longestHoldMs / 1000} s while Redis keeps failing. A start waits ${startMs / 1000} s for Redis at most.
- Each change is one line in the log (without the password) and counts in \`gateway_limiter_fallbacks_total\`.
- A key is \`gatehouse:limit:{<limit>|<subject>}\`, holds one short string, and goes by itself when everything was given back.
- \`GET /admin/rate-limits\` lists what this gateway has seen, as Redis told it last. \`DELETE\` gives a counter back for all gateways;
  while Redis is away, in this gateway alone.

## The contract

What \`gateway/src/limits/limiter.contract.ts\` asks of every limiter, and what came out over each adapter: in memory (\`npm test\`) and
over a real Redis (\`npm run test:servers\`). Both runs fail when this page says anything else; with \`-u\` they write their column.
`.split('\n');
