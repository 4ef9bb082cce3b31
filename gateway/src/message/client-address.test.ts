import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createFindClient } from './client-address.ts';

const requestFrom = (remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage;

describe('a client', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:2::6', '2001:0DB8:0001:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80::1', 'fe80:0:0:0::/64'],
  ])('at %s is %s and is counted by %s', (remote, address, group) => {
    expect(createFindClient([])(requestFrom(remote))).toMatchObject({ address, group, protocol: 'http' });
  });

  it('is not believed what it says of itself', () => {
    const headers = { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'https', forwarded: 'for=6.6.6.6' };

    expect(createFindClient(['10.0.0.0/8'])(requestFrom('9.9.9.9', headers))).toMatchObject({
      address: '9.9.9.9',
      protocol: 'http',
      forwardedHost: undefined,
    });
  });
});

describe('a trusted proxy', () => {
  const find = createFindClient(['10.0.0.0/8', '2001:db8::/32', '::1']);
  const via = (headers: Record<string, string>) => find(requestFrom('10.0.0.1', headers));

  it.each([
    ['6.6.6.6', '6.6.6.6'],
    ['1.1.1.1, 6.6.6.6', '6.6.6.6'],
    ['1.1.1.1, 6.6.6.6, 10.9.9.9', '6.6.6.6'],
    ['6.6.6.6:1234', '6.6.6.6'],
    ['[2001:db9::1]:99', '2001:db9::1'],
    ['10.2.2.2', '10.2.2.2'],
    ['garbage', '10.0.0.1'],
    ['6.6.6.6, garbage, 10.3.3.3', '10.3.3.3'],
  ])('that forwards for %j speaks of %s', (forwarded, address) => {
    expect(via({ 'x-forwarded-for': forwarded }).address).toBe(address);
  });

  it('may say so in the newer form', () => {
    expect(via({ forwarded: 'for=1.1.1.1, For="[2001:db9::7]:80";proto=https' }).address).toBe('2001:db9::7');
  });

  it.each([
    ['for=6.6.6.6;proto=https;host=shop', { address: '6.6.6.6', protocol: 'https', forwardedHost: 'shop' }],
    ['for=6.6.6.6;PROTO="HTTPS";host="shop:8443"', { protocol: 'https', forwardedHost: 'shop:8443' }],
    [
      'for=1.1.1.1;proto=https;host=evil, for=6.6.6.6',
      { address: '6.6.6.6', protocol: 'http', forwardedHost: undefined },
    ],
    [
      'for=6.6.6.6;proto=https;host=shop, for=10.9.9.9;proto=http;host=inner',
      { address: '6.6.6.6', protocol: 'https', forwardedHost: 'shop' },
    ],
    ['for="x, for=1.1.1.1;proto=https, for=6.6.6.6', { address: '6.6.6.6', protocol: 'http' }],
    ['for=unknown;proto=https', { address: '10.0.0.1', protocol: 'https' }],
    ['for=_hidden;host="a b"', { address: '10.0.0.1', forwardedHost: undefined }],
    ['proto=https', { address: '10.0.0.1', protocol: 'https' }],
  ])('says all of it with Forwarded: %s', (forwarded, client) => {
    expect(via({ forwarded })).toMatchObject(client);
  });

  it('uses either words: the others may be those of the client', () => {
    const forwarded = 'for=1.1.1.1;proto=https;host=evil';

    expect(via({ forwarded, 'x-forwarded-for': '6.6.6.6' })).toMatchObject({
      ...{ address: '6.6.6.6', protocol: 'http', forwardedHost: undefined },
    });
    expect(
      via({ forwarded: 'for=6.6.6.6', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil' }),
    ).toMatchObject({
      ...{ address: '6.6.6.6', protocol: 'http', forwardedHost: undefined },
    });
  });

  it('says protocol and host, if it is one', () => {
    expect(via({ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop:8443' })).toMatchObject({
      protocol: 'https',
      forwardedHost: 'shop:8443',
    });
    expect(via({ 'x-forwarded-host': 'a"b' }).forwardedHost).toBeUndefined();
  });
});

describe('a list of trusted proxies', () => {
  it.each(['nonsense', '10.0.0.0/33', '10.0.0.0/x', ''])('with %j in it is refused', (proxy) => {
    expect(() => createFindClient([proxy])).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });
});
