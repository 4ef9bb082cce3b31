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

  const peerOf = ({ socket }: { socket: Socket & Known }): ClientAddress => {
    socket[peer] ??= toClient(plainAddress(socket.remoteAddress ?? ''), 'http', undefined);
    return socket[peer];
  };

  if (trustedProxies.length === 0) return peerOf;

  const isTrusted = (address: string): boolean => trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

  /** What a proxy says of the client stands beside its address, in one element (RFC 7239 §4). */
  const byForwarded = (value: string, direct: ClientAddress): ClientAddress => {
    const elements = splitList(value) ?? [];
    const hops = elements.map((element) => partOf(element, 'for') ?? 'unknown');
    const [address, back] = firstUntrusted(hops, direct.address, isTrusted);
    const element = elements.at(-back);
    return toClient(address, partOf(element, 'proto'), partOf(element, 'host'));
  };

  return (request) => {
    const direct = peerOf(request);
    if (direct.address === '' || !isTrusted(direct.address)) return direct;
    const { headers } = request;
    const hops = splitList(headers['x-forwarded-for']);
    // One or the other: of the words that a proxy does not use it may pass on the client's own.
    if (hops === undefined && headers.forwarded !== undefined) return byForwarded(headers.forwarded, direct);
    const [address] = firstUntrusted(hops ?? [], direct.address, isTrusted);
    return toClient(address, lastOf(headers['x-forwarded-proto']), lastOf(headers['x-forwarded-host']));
  };
};

/** Where a connection keeps its peer: asked for with every request, told apart once. */
const peer = Symbol('peer');
type Known = { [peer]?: ClientAddress };

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

/** The client among the hops, and how far from the end of the list it stands. */
const firstUntrusted = (
  hops: readonly string[],
  direct: string,
  isTrusted: (address: string) => boolean,
): readonly [address: string, back: number] => {
  let client = direct;
  let back = 1;
  for (; back <= hops.length; back += 1) {
    const address = plainAddress(hops.at(-back) ?? '');
    if (isIP(address) === 0) break;
    client = address;
    if (!isTrusted(address)) return [client, back];
  }
  return [client, Math.max(1, back - 1)];
};

const toClient = (address: string, protocol: string | undefined, host: string | undefined): ClientAddress => {
  const group = isIPv6(address) ? toPrefix64(address) : address;
  return {
    address,
    group,
    addressKey: `address|${group}`,
    protocol: protocol?.toLowerCase() === 'https' ? 'https' : 'http',
    forwardedHost: host !== undefined && isHost(host) ? host : undefined,
  };
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

const partOf = (element: string | undefined, name: keyof typeof parts): string | undefined =>
  element === undefined ? undefined : parts[name].exec(element)?.[1];

const parts = {
  for: /(?:^|;)\s*for="?([^";]+)"?/i,
  proto: /(?:^|;)\s*proto="?([^";]+)"?/i,
  host: /(?:^|;)\s*host="?([^";]+)"?/i,
} as const;
