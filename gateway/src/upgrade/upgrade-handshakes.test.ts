import { describe, expect, it } from 'vitest';
import { type HandshakeChanges, rawHandshake, sampleKey } from '../fixture/raw-handshake.ts';
import { sendRaw } from '../fixture/raw-request.ts';
import { startWebSocketGateway } from '../fixture/start-websocket-gateway.ts';

describe('upgrades: what is no handshake (RFC 6455 §4.2.1)', () => {
  it.each<[string, HandshakeChanges]>([
    ['has no key', { without: 'Sec-WebSocket-Key' }],
    ['has two keys', { more: [`Sec-WebSocket-Key: ${sampleKey}`] }],
    [
      'has a key of 15 bytes',
      { without: 'Sec-WebSocket-Key', more: ['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA'] },
    ],
    [
      'has a key that is no base64',
      { without: 'Sec-WebSocket-Key', more: ['Sec-WebSocket-Key: ????????????????????????'] },
    ],
    ['has no version', { without: 'Sec-WebSocket-Version' }],
    ['has two versions', { more: ['Sec-WebSocket-Version: 13'] }],
    [
      'has a version that is none',
      { without: 'Sec-WebSocket-Version', more: ['Sec-WebSocket-Version: 13, 8'] },
    ],
    ['has the same subprotocol twice', { more: ['Sec-WebSocket-Protocol: chat, chat'] }],
    ['has a subprotocol that is no token', { more: ['Sec-WebSocket-Protocol: a b'] }],
    ['has two tokens', { more: ['Sec-WebSocket-Protocol: bearer.a, bearer.b'] }],
    ['has two origins', { more: ['Origin: https://a.example', 'Origin: https://b.example'] }],
    ['has two hosts', { more: ['Host: example.com'] }],
    [
      'says two different tokens',
      { more: ['Authorization: Bearer user-1', 'Sec-WebSocket-Protocol: bearer.user-2'] },
    ],
  ])('is 400 when it %s', async (_what, changes) => {
    const { port, service } = await startWebSocketGateway();
    const { status, head, body } = await sendRaw(port, rawHandshake('/live', changes));

    expect([status, JSON.parse(body).code]).toEqual([400, 'malformed_request']);
    expect(head).toContain('Connection: close');
    expect(service.handshakes).toEqual([]);
  });

  it('is 426 in another version, and told which one is spoken', async () => {
    const { port } = await startWebSocketGateway();
    const changes = { without: 'Sec-WebSocket-Version', more: ['Sec-WebSocket-Version: 8'] };
    const { status, head, body } = await sendRaw(port, rawHandshake('/live', changes));

    expect([status, JSON.parse(body).code]).toEqual([426, 'upgrade_required']);
    expect(head).toContain('Sec-WebSocket-Version: 13');
    expect(head).toContain('Upgrade: websocket');
    expect(head).toContain('Connection: close, Upgrade');
  });
});

describe('upgrades: a wish that is not heard (RFC 9110 §7.8)', () => {
  it.each<[string, string, HandshakeChanges]>([
    ['on a route without upgrades', '/plain', {}],
    ['in HTTP/1.0', '/live', { line: 'GET /live HTTP/1.0' }],
    ['for h2c', '/live', { without: 'Upgrade', more: ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'] }],
    ['that Connection does not name', '/live', { without: 'Connection' }],
    ['of a request with a body', '/live', { more: ['Transfer-Encoding: chunked', '', '0'] }],
    ['of another method', '/live', { line: 'POST /live HTTP/1.1', more: ['Connection: close'] }],
  ])('%s: the request goes on as a plain one', async (_where, path, changes) => {
    const { port, service } = await startWebSocketGateway();
    const { status, body } = await sendRaw(port, rawHandshake(path, changes), 'without upgrade');

    expect(status).toBe(200);
    expect(body).toMatch(/plain (?:GET|POST) without upgrade/);
    expect(service.handshakes).toEqual([]);
  });

  it('behind an answer that is still under way on the same connection', async () => {
    const { port, service } = await startWebSocketGateway();
    const requests = `GET /plain HTTP/1.1\r\nHost: example.org\r\n\r\n${rawHandshake('/live', { more: ['Connection: close'] })}`;
    const { text } = await sendRaw(port, requests);

    expect(text.match(/plain GET without upgrade/g)).toHaveLength(2);
    expect(service.handshakes).toEqual([]);
  });
});
