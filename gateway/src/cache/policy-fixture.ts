import { type Principal, permissionsOf } from '@gatehouse/auth';
import { createManualClock, type ManualClock } from '@gatehouse/testing';
import type { AnswerSink } from '../answer-sink.ts';
import type { Exchange } from '../exchange.ts';
import { createTestExchange } from '../fixture/create-test-exchange.ts';
import { unreadMessage } from '../message/read-message.ts';
import { problems } from '../policies/problems.ts';
import type { Policy } from '../policy.ts';
import { type HeaderRecord, toHeaderRecord } from './header-record.ts';

export type Asked = Readonly<{
  method?: string;
  url?: string;
  host?: string;
  headers?: HeaderRecord;
  as?: string;
}>;

/** What a client got so far. */
type Got = {
  status: number | undefined;
  headers: HeaderRecord;
  body: string;
  state: 'waiting' | 'whole' | 'broken' | 'refused';
  code: string | undefined;
};

export type Arrived = Readonly<{ exchange: Exchange; asked: HeaderRecord; url: string }>;

/** A service's answer: at once, or as the test tells it by hand. */
export type Script = (arrived: Arrived) => void | Promise<void>;

const callerNamed = (id: string): Principal => ({
  kind: 'user',
  id,
  role: 'user',
  permissions: permissionsOf('user'),
  emailVerified: true,
  sessionId: id,
  issuedAt: 0,
  expiresAt: Number.MAX_SAFE_INTEGER,
});

/** A policy with a service behind it and clients before it, and no network between. */
export const createScene = (
  policyFor: (clock: ManualClock) => Policy,
  script: Script,
  clock: ManualClock = createManualClock(),
) => {
  const arrived: Arrived[] = [];
  const handle = problems(
    policyFor(clock)((exchange) => {
      const one = {
        exchange,
        asked: toHeaderRecord(exchange.message.passing),
        url: exchange.path + exchange.query,
      };
      arrived.push(one);
      exchange.attempts += 1;
      return script(one);
    }),
  );

  const send = ({ method = 'GET', url = '/a', host = 'a.example', headers = {}, as }: Asked = {}) => {
    const { exchange } = createTestExchange({ method, clock });
    const passing = Object.entries(headers).flat();
    const [path = '', query] = url.split('?');
    Object.assign(exchange, { path, query: query === undefined ? '' : `?${query}` });
    exchange.message = { ...unreadMessage, host, passing, authorization: headers.authorization };
    exchange.principal = as === undefined ? undefined : callerNamed(as);
    exchange.endsAtMs = clock.monotonic() + 15_000;
    exchange.answerHeaders.push('X-Request-Id', `id-${Math.random()}`);
    const got: Got = { status: undefined, headers: {}, body: '', state: 'waiting', code: undefined };
    exchange.sink = recorder(got);
    exchange.refuse = (_, thrown) => {
      Object.assign(got, { state: 'refused', code: (thrown as { code?: string }).code ?? String(thrown) });
    };
    handle(exchange);
    const hangUp = (): void => {
      exchange.gone = true;
      exchange.underway?.abandon();
      exchange.response.emit('close');
    };
    return { exchange, got, hangUp };
  };

  return {
    send,
    arrived,
    clock,
    ask: async (asked?: Asked) => {
      const { got } = send(asked);
      await new Promise((resolve) => setImmediate(resolve));
      return got;
    },
  };
};

const recorder = (got: Got): AnswerSink => ({
  head: (status, headers) => Object.assign(got, { status, headers: toHeaderRecord(headers) }),
  data: (chunk) => {
    got.body += chunk.toString('latin1');
    return true;
  },
  end: () => {
    got.state = 'whole';
  },
  breakOff: () => {
    got.state = 'broken';
  },
});

/** As the core does it: the service's headers are added to the gateway's own, in the same list. */
export const reply = (
  { exchange }: Arrived,
  body: string,
  headers: HeaderRecord = {},
  status = 200,
): void => {
  const list = exchange.answerHeaders;
  list.push(...Object.entries(headers).flat());
  exchange.sink?.head(status, list);
  if (body !== '') exchange.sink?.data(Buffer.from(body, 'latin1'));
  exchange.sink?.end();
};
