import { describe, expect, it } from 'vitest';
import { countsFor, networkOf } from './sign-in-limits.ts';

describe('the network of an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    [undefined, 'unknown'],
  ])('of %s is %s', (address, network) => expect(networkOf(address)).toBe(network));
});

describe('what a failure counts under', () => {
  it('is nothing that others can fill when the owner has been here before', () => {
    const mine = countsFor({ account: 'ann@example.com', network: 'home' }, true).map(({ key }) => key);
    const theirs = countsFor({ account: 'ann@example.com', network: 'elsewhere' }, false).map(
      ({ key }) => key,
    );

    expect(mine.filter((key) => theirs.includes(key))).toEqual([]);
  });

  it('is the account over all networks, too, when nobody knows this one', () => {
    const [first, second] = ['a', 'b'].map((network) =>
      countsFor({ account: 'ann@example.com', network }, false),
    );
    const shared = first?.filter(({ key }) => second?.some((other) => other.key === key));

    expect(shared?.map(({ key }) => key)).toEqual(['account|ann@example.com']);
  });
});
