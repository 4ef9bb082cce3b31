import { get, passes, post, type WireCase } from '../wire-case.ts';

const unheard = (name: string, ...lines: readonly string[]): WireCase => ({
  ...passes(name, 'RFC 9110 §7.8', get(...lines), {
    headers: { upgrade: undefined, 'http2-settings': undefined },
  }),
  // It could be bytes of the other protocol that follow.
  closes:
    lines.some((each) => each.startsWith('Connection')) && lines.some((each) => each.startsWith('Upgrade')),
});

/** RFC 9110 §7.8: a wish that a server need not hear. A route that is not made for upgrades is asked as if there were none. */
export const upgrades: readonly WireCase[] = [
  unheard(
    'to WebSocket',
    ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ),
  unheard(
    'to h2c',
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA',
  ),
  unheard('to h2c, not named by Connection', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'),
  unheard('to TLS', 'Connection: Upgrade', 'Upgrade: TLS/1.0'),
  unheard('to nothing', 'Connection: Upgrade'),
  unheard(
    'to several, twice',
    'Connection: upgrade',
    'Connection: UPGRADE',
    'Upgrade: a/1, b',
    'Upgrade: websocket',
  ),
  {
    ...passes(
      'with a body',
      'RFC 9110 §7.8',
      post(['Connection: Upgrade', 'Upgrade: h2c', 'Content-Length: 5'], 'hello'),
      {
        body: 'hello',
        headers: { upgrade: undefined },
      },
    ),
    closes: true,
  },
  {
    ...passes(
      'with chunks',
      'RFC 9110 §7.8',
      post(
        ['Connection: Upgrade', 'Upgrade: websocket', 'Transfer-Encoding: chunked'],
        '5\r\nhello\r\n0\r\n\r\n',
      ),
      { body: 'hello', headers: { upgrade: undefined } },
    ),
    closes: true,
  },
];
