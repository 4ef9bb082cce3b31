import { describe, expect, it } from 'vitest';
import { sendRaw } from './fixture/raw-request.ts';
import { startTestGateway, type TestGatewayOptions } from './fixture/start-test-gateway.ts';

const arriving = async (headers: readonly string[], options: TestGatewayOptions = {}, target = '/api/x') => {
  const { port, upstream } = await startTestGateway(options);
  const head = [`GET ${target} HTTP/1.1`, 'Host: shop.example', 'Connection: close', ...headers, '', ''];
  await sendRaw(port, head.join('\r\n'));
  return { headers: upstream.received[0]?.headers ?? {}, upstream };
};

const identities = [
  'X-User-Id: admin',
  'X-User-Role: admin',
  'X-User: admin',
  'X-Gatehouse-Principal: admin',
  'X-Gatehouse-Role: admin',
  'X-Auth-User: admin',
  'X-Authenticated-User: admin',
  'X-Forwarded-User: admin',
  'X-Service-Token: abc',
  'X-Internal: 1',
  'X-Principal: admin',
  'X-Client-Cert-Subject: admin',
  'Remote-User: admin',
  'X-Remote-User: admin',
  'X-Role: admin',
  'X_User_Id: admin',
  'X_Forwarded_For: 6.6.6.6',
  'X-Original-URL: /internal/x',
  'X-Rewrite-URL: /internal/x',
  'X-HTTP-Method-Override: DELETE',
  'X-Request-Deadline: 1',
  'X-Real-IP: 6.6.6.6',
];

describe('what a client says about itself', () => {
  it.each(identities)('%s does not pass', async (header) => {
    const { headers } = await arriving([header]);
    const [name = '', value] = header.toLowerCase().split(': ');

    expect(headers[name]).not.toBe(value);
    expect(Object.keys(headers)).not.toContain(name.includes('_') ? name : '-');
  });

  it('passes where it is its own business', async () => {
    const { headers } = await arriving([
      'X-Own: 1',
      'Accept: a/b',
      'Cookie: a=1',
      'X-Username-Hint: no',
      'X-Own: 2',
    ]);

    expect(headers).toMatchObject({ 'x-own': '1, 2', accept: 'a/b', cookie: 'a=1' });
  });
});

describe('headers of one hop', () => {
  it('end here, and so do those that Connection names', async () => {
    const { headers } = await arriving([
      ...['Connection: keep-alive, X-Named, close', 'X-Named: 1', 'Keep-Alive: timeout=9', 'TE: trailers'],
      ...[
        'Proxy-Authorization: Basic x',
        'Upgrade: h2c',
        'HTTP2-Settings: AAA',
        'Trailer: x',
        'Proxy-Connection: y',
      ],
    ]);

    expect(Object.keys(headers).sort()).toEqual([
      ...['connection', 'forwarded', 'host', 'traceparent', 'via', 'x-forwarded-for', 'x-forwarded-host'],
      ...['x-forwarded-proto', 'x-request-deadline', 'x-request-id'],
    ]);
    expect(headers.connection).toBe('keep-alive');
  });

  it('cannot be used to take out what the gateway says', async () => {
    const { headers } = await arriving(
      [
        'Connection: X-Gatehouse-Principal, X-Forwarded-For, Via, Content-Length',
        'Authorization: Bearer user-1',
      ],
      { config: 'routes: [{ path: /api/*, service: posts }]' },
    );

    expect(headers).toMatchObject({
      'x-gatehouse-principal': 'user-1',
      'x-gatehouse-role': 'user',
      'x-forwarded-for': '127.0.0.1',
      via: '1.1 gatehouse',
    });
  });
});

describe('what the gateway says about a request', () => {
  it('is who asked for what, always set anew', async () => {
    const { headers, upstream } = await arriving([
      ...[
        'X-Forwarded-For: 6.6.6.6',
        'X-Forwarded-Host: evil',
        'X-Forwarded-Proto: https',
        'X-Forwarded-Port: 1',
      ],
      ...['Forwarded: for=6.6.6.6', 'Via: 1.1 somebody'],
    ]);

    expect(headers).toMatchObject({
      host: `127.0.0.1:${upstream.port}`,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'shop.example',
      'x-forwarded-proto': 'http',
      forwarded: 'for=127.0.0.1;host="shop.example";proto=http',
      via: '1.1 somebody, 1.1 gatehouse',
    });
    expect(headers['x-forwarded-port']).toBeUndefined();
  });

  it('believes a proxy that it was told to trust', async () => {
    const { headers } = await arriving(
      ['X-Forwarded-For: 6.6.6.6, 9.9.9.9, 127.0.0.9', 'X-Forwarded-Host: shop', 'X-Forwarded-Proto: https'],
      { trustedProxies: ['127.0.0.0/8'] },
    );

    expect(headers).toMatchObject({
      'x-forwarded-for': '9.9.9.9',
      'x-forwarded-host': 'shop',
      'x-forwarded-proto': 'https',
    });
  });

  it('has the time by which the answer is wanted', async () => {
    const before = Date.now();
    const { headers } = await arriving([]);
    const deadline = Number(headers['x-request-deadline']);

    expect(deadline).toBeGreaterThanOrEqual(before + 14_990);
    expect(deadline).toBeLessThanOrEqual(Date.now() + 15_000);
  });

  it('replaces Host by the authority of a URL in absolute form', async () => {
    const { headers, upstream } = await arriving([], {}, 'http://other.example:81/api/y?z=1');

    expect(upstream.received[0]?.url).toBe('/api/y?z=1');
    expect(headers['x-forwarded-host']).toBe('other.example:81');
  });

  it('counts Max-Forwards down for OPTIONS, and answers itself at 0', async () => {
    const { port, upstream } = await startTestGateway();
    const options = (hops: number): string =>
      `OPTIONS /api/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nMax-Forwards: ${hops}\r\n\r\n`;

    const here = await sendRaw(port, options(0));
    await sendRaw(port, options(3));

    expect([here.status, /^Allow: .*GET/m.test(here.head)]).toEqual([204, true]);
    expect(upstream.received.map(({ headers }) => headers['max-forwards'])).toEqual(['2']);
  });
});

describe('correlation', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';

  it('takes over a sound id and continues a sound trace', async () => {
    const { headers } = await arriving([
      'X-Request-Id: my.Id_1-2',
      `traceparent: ${traceparent}`,
      'tracestate: a=1',
    ]);

    expect(headers).toMatchObject({ 'x-request-id': 'my.Id_1-2', tracestate: 'a=1' });
    expect(headers.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00$/);
    expect(headers.traceparent).not.toContain('b7ad6b7169203331');
  });

  it.each(['', 'a b', 'x'.repeat(129), 'a"b', 'ü'])('makes an id instead of %j', async (id) => {
    const { port, upstream } = await startTestGateway();

    const answer = await sendRaw(
      port,
      Buffer.from(`GET /api/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Request-Id: ${id}\r\n\r\n`),
    );

    const made = /^X-Request-Id: (\S+)\r?$/im.exec(answer.head)?.[1];
    expect(made).toMatch(/^[0-9a-f-]{36}$/);
    expect(upstream.received[0]?.headers['x-request-id']).toBe(made);
  });

  it.each([
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'garbage',
  ])('starts a trace instead of %s', async (broken) => {
    const { headers } = await arriving([`traceparent: ${broken}`]);

    expect(headers.traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(headers.traceparent).not.toContain('0af7651916cd43dd8448eb211c80319c');
  });
});
