/**
 * A count of failures that empties by itself: `burst` at once, then one every `refillMs`.
 */
export type FailureCount = Readonly<{ key: string; burst: number; refillMs: number }>;

/** Who tries from where; `account` is the normalised address typed in, whether or not there is such an account. */
export type Origin = Readonly<{ account: string; network: string }>;

const minute = 60_000;

/**
 * What a failed attempt is counted under; it is refused when any of them is full.
 *
 * From a network that the owner has signed in from before, only this network's failures with this account count: nothing
 * that others do from elsewhere can keep the owner out. From any other network three things count: the network with this
 * account, the network over all accounts (trying one password with many), and the account over all unknown networks
 * together (many machines, one account). A refused attempt is not counted, so one stranger fills the last by 5 and
 * not by 100; who does fill it delays sign-ins from new places, and only those.
 */
export const countsFor = ({ account, network }: Origin, isKnown: boolean): readonly FailureCount[] =>
  isKnown
    ? [{ key: `known|${account}|${network}`, burst: 10, refillMs: minute }]
    : [
        { key: `network|${network}`, burst: 50, refillMs: minute / 3 },
        { key: `pair|${account}|${network}`, burst: 5, refillMs: 2 * minute },
        { key: `account|${account}`, burst: 100, refillMs: minute },
      ];

/** An IPv4 address, or the /64 of an IPv6 one: whoever has one address of it has them all. */
export const networkOf = (address: string | undefined): string => {
  if (address === undefined) return 'unknown';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [head = '', tail = ''] = address.toLowerCase().split('%')[0]?.split('::') ?? [];
  const groupsOf = (part: string) => part.split(':').filter((group) => group !== '');
  const [first, last] = [groupsOf(head), groupsOf(tail)];
  const zeros = Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0');
  return `${[...first, ...zeros, ...last]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
};
