import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6, type Socket } from 'node:net';
import { gatewayError } from '../gateway-error.ts';
import { isHost } from './host.ts';

/** Who sends a request, as far as it may be believed. */
export type ClientAddress = Readonly<{
  /** IPv4 (also if mapped into IPv6) or IPv6, without port. */
  address: string;
  /** What it is counted by: an IPv4 address, or the /64 of an IPv6 one. */
  group: string;
  /** The key of its count of requests, made once for a connection. */
  addressKey: string;
  protocol: 'http' | 'https';
  /** The host that the client asked for, as a trusted proxy says. */
  forwardedHost: string | undefined;
}>;

export type FindClient = (request: IncomingMessage) => ClientAddress;

/**
 * Tells the client of a request. `X-Forwarded-*` and `Forwarded` count only when the peer is one of `trustedProxies`
 * (addresses or CIDR blocks), and then from the right: the first address that is no trusted proxy is the client.
 */
export const createFindClient = (trustedProxies: readonly string[]): FindClient => {
  const trusted = toBlockList(trustedProxies);
  const direct = new WeakMap<Socket, ClientAddress>();

  const peerOf = ({ socket }: IncomingMessage): ClientAddress => {
    const known = direct.get(socket);
    if (known !== undefined) return known;
    const peer = toClient(plainAddress(socket.remoteAddress ?? ''), 'http', undefined);
    direct.set(socket, peer);
    return peer;
  };

  if (trustedProxies.length === 0) return peerOf;

  const isTrusted = (address: string): boolean => trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

  return (request) => {
    const peer = peerOf(request);
    if (peer.address === '' || !isTrusted(peer.address)) return peer;
    const { headers } = request;
    const hops = splitList(headers['x-forwarded-for']) ?? forwardedHops(headers.forwarded) ?? [];
    return toClient(
      firstUntrusted(hops, peer.address, isTrusted),
      lastOf(headers['x-forwarded-proto']) === 'https' ? 'https' : 'http',
      hostOf(headers['x-forwarded-host']),
    );
  };
};

const toBlockList = (proxies: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const proxy of proxies) {
    const [address = '', prefix] = proxy.split('/');
    const version = isIP(address);
    const bits = prefix === undefined ? (version === 6 ? 128 : 32) : Number(prefix);
    if (version === 0 || !Number.isInteger(bits) || bits < 0 || bits > (version === 6 ? 128 : 32)) {
      throw gatewayError('config_invalid', { message: `${proxy} is no address or CIDR block.` });
    }
    list.addSubnet(address, bits, version === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
};

const firstUntrusted = (
  hops: readonly string[],
  peer: string,
  isTrusted: (address: string) => boolean,
): string => {
  let client = peer;
  for (const hop of [...hops].reverse()) {
    const address = plainAddress(hop);
    if (isIP(address) === 0) return client;
    client = address;
    if (!isTrusted(address)) return client;
  }
  return client;
};

const toClient = (
  address: string,
  protocol: 'http' | 'https',
  forwardedHost: string | undefined,
): ClientAddress => {
  const group = isIPv6(address) ? toPrefix64(address) : address;
  return { address, group, addressKey: `address|${group}`, protocol, forwardedHost };
};

/** Without brackets, port, zone, and the IPv6 mapping of an IPv4 address. */
const plainAddress = (text: string): string => {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/^([\d.]+):\d+$/, '$1');
  return bare.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
};

const toPrefix64 = (address: string): string => {
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...right];
  const prefix = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''));
  return `${prefix.join(':')}::/64`;
};

type HeaderValue = string | string[] | undefined;

const splitList = (value: HeaderValue): string[] | undefined =>
  value === undefined
    ? undefined
    : String(value)
        .split(',')
        .map((part) => part.trim());

const lastOf = (value: HeaderValue): string | undefined => splitList(value)?.at(-1);

const hostOf = (value: HeaderValue): string | undefined => {
  const host = lastOf(value);
  return host !== undefined && isHost(host) ? host : undefined;
};

const forwardedHops = (value: HeaderValue): string[] | undefined =>
  splitList(value)?.map((element) => /(?:^|;)\s*for="?([^";]+)"?/i.exec(element)?.[1] ?? 'unknown');
