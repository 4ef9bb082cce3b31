import { describe, expect, it } from 'vitest';
import { instanceAt } from '../fixture/fake-registry.ts';
import { sendRaw } from '../fixture/raw-request.ts';
import { startTestGateway } from '../fixture/start-test-gateway.ts';
import { type CountingService, type Seen, startCountingService } from './counting-service.ts';
import { bodies } from './payloads/bodies.ts';
import { chunks } from './payloads/chunks.ts';
import { connections } from './payloads/connections.ts';
import { contentLengths } from './payloads/content-lengths.ts';
import { expectations } from './payloads/expectations.ts';
import { headerFields } from './payloads/header-fields.ts';
import { hops } from './payloads/hops.ts';
import { hosts } from './payloads/hosts.ts';
import { identities } from './payloads/identities.ts';
import { limits } from './payloads/limits.ts';
import { methods } from './payloads/methods.ts';
import { pipelines } from './payloads/pipelines.ts';
import { requestLines } from './payloads/request-lines.ts';
import { targets } from './payloads/targets.ts';
import { trailers } from './payloads/trailers.ts';
import { transferEncodings } from './payloads/transfer-encodings.ts';
import { upgrades } from './payloads/upgrades.ts';
import { versions } from './payloads/versions.ts';
import { readAnswers } from './read-answers.ts';
import type { Arrival, WireCase } from './wire-case.ts';

const config = 'routes: [{ name: open, path: /api/*, service: posts, auth: none }]';

/** Follows every payload on its connection. */
const follower = 'GET /api/follower HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

const themes: Readonly<Record<string, readonly WireCase[]>> = {
  ...{ 'request lines': requestLines, versions, methods, 'targets and paths': targets, hosts },
  ...{ 'content lengths': contentLengths, 'transfer codings': transferEncodings, chunks, trailers, bodies },
  ...{ 'header fields': headerFields, connections, identities, hops },
  ...{ expectations, upgrades, limits, pipelines },
};

const startOnCountingService = async (): Promise<Readonly<{ port: number; service: CountingService }>> => {
  const service = await startCountingService();
  const { port, registry } = await startTestGateway({ config });
  registry.set('posts', [instanceAt('posts', service.port)]);
  // With a connection at hand, whatever is sent on is there at once.
  await sendRaw(port, follower);
  service.seen.length = 0;
  return { port, service };
};

describe('the suite of the wire', () => {
  it('has no payload twice, and at least 150 of them', () => {
    const all = Object.values(themes).flat();

    expect(new Set(all.map(({ bytes }) => bytes)).size).toBe(all.length);
    expect(all.length).toBeGreaterThanOrEqual(150);
    expect(all.every(({ rule }) => /^RFC (?:9110|9112|7239|3986|9113|6585) §/.test(rule))).toBe(true);
  });
});

describe.each(Object.entries(themes))('message safety, path safety, headers: %s', (_theme, cases) => {
  it.each(cases)('$name ($rule)', async ({ bytes, answers, code, closes, arrives }) => {
    const { port, service } = await startOnCountingService();

    const { text } = await sendRaw(port, Buffer.from(bytes + follower, 'latin1'));
    const read = readAnswers(text);

    expect(read.rest).toBe('');
    const final = read.answers.filter(({ status }) => status >= 200);
    expect(final.map(({ status }) => status)).toEqual(closes ? answers : [...answers, 200]);
    if (code !== undefined) expect(JSON.parse(final[answers.length - 1]?.body ?? '')).toMatchObject({ code });
    expect(final.at(-1)?.headers.get('connection')).toBe('close');
    const expected = closes ? arrives : [...arrives, { line: 'GET /api/follower' }];
    // Those that are pipelined go out side by side: their order is that of their answers alone.
    expect(service.seen.map(({ line }) => line).sort()).toEqual(expected.map(({ line }) => line).sort());
    expect(service.strange()).toEqual([]);
    for (const arrival of expected) {
      compare(
        service.seen.find(({ line }) => line === arrival.line),
        arrival,
      );
    }
  });
});

const compare = (seen: Seen | undefined, { body = '', headers = {} }: Arrival): void => {
  expect(seen?.body).toBe(body);
  for (const [name, value] of Object.entries(headers)) {
    const values = seen?.headers.filter(([each]) => each === name).map(([, text]) => text);
    expect([name, values]).toEqual([name, value === undefined ? [] : [value]]);
  }
};
