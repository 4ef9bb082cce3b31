import { describe, expect, it } from 'vitest';
import { instanceAt } from '../fixture/fake-registry.ts';
import { sendRaw } from '../fixture/raw-request.ts';
import { startTestGateway } from '../fixture/start-test-gateway.ts';
import type { AnswerCase } from './answer-case.ts';
import { framing } from './answers/framing.ts';
import { heads } from './answers/heads.ts';
import { leniencies } from './answers/leniencies.ts';
import { startHostileService } from './hostile-service.ts';
import { readAnswers } from './read-answers.ts';

const config = `
defaults: { retries: { attempts: 0 } }
routes: [{ name: open, path: /api/*, service: posts, auth: none }]
`;
const request = (method: string, path: string): string =>
  `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;

describe.each([
  ['framing', framing],
  ['heads', heads],
  ['leniencies of undici', leniencies],
] as const)('message safety: answers of a service, %s', (_theme, cases) => {
  it.each(cases)('$name ($rule)', async (odd) => {
    const { method = 'GET', becomes, reused } = odd;
    const service = await startHostileService(odd);
    const { port, registry } = await startTestGateway({ config });
    registry.set('posts', [instanceAt('posts', service.port)]);

    const { text } = await sendRaw(port, request(method, '/api/odd'));
    const after = await sendRaw(port, request('GET', '/api/after'));

    if (becomes === 'broken off') expectBroken(text);
    else expectWhole(text, method, becomes);
    expect([after.status, after.body]).toEqual([200, 'after']);
    expect(service.cameOver).toEqual(reused ? [1, 1] : [1, 2]);
  });
});

/** A strict client must be able to tell that it did not get all. */
const expectBroken = (text: string): void => {
  const { answers, rest } = readAnswers(text);
  expect(answers).toEqual([]);
  expect(rest).not.toMatch(/0\r\n\r\n$/);
};

const expectWhole = (text: string, method: string, becomes: Exclude<AnswerCase['becomes'], string>): void => {
  const { answers, rest } = readAnswers(text, [method]);
  expect([answers.map(({ status }) => status), rest]).toEqual([[becomes.status], '']);
  const [answer] = answers;
  if (becomes.body !== undefined) expect(answer?.body).toBe(becomes.body);
  if (becomes.status === 502) expect(JSON.parse(answer?.body ?? '')).toMatchObject({ code: 'bad_gateway' });
  for (const [name, value] of Object.entries(becomes.headers ?? {})) {
    const values = answer?.lines.filter((each) => each.toLowerCase().startsWith(`${name}:`));
    expect([name, values?.map((each) => each.slice(name.length + 1).trim()).join('; ')]).toEqual([
      name,
      value ?? '',
    ]);
  }
};
