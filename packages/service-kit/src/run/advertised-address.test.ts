import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { findAdvertisedAddress } from './advertised-address.ts';

const info = (address: string, more: Partial<NetworkInterfaceInfo> = {}): NetworkInterfaceInfo =>
  ({
    address,
    family: 'IPv4',
    internal: false,
    netmask: '',
    mac: '',
    cidr: null,
    ...more,
  }) as NetworkInterfaceInfo;
const loopback = info('127.0.0.1', { internal: true });

describe('the address that others are told', () => {
  it('is the one that is given', () => {
    expect(findAdvertisedAddress('0.0.0.0', '10.0.0.7', {})).toBe('10.0.0.7');
  });

  it('is the one listened on', () => {
    expect(findAdvertisedAddress('127.0.0.1', undefined, { eth0: [info('10.0.0.7')] })).toBe('127.0.0.1');
  });

  it('is the only one of the machine when it listens on all, as in a container', () => {
    expect(findAdvertisedAddress('0.0.0.0', undefined, { lo: [loopback], eth0: [info('10.0.0.7')] })).toBe(
      '10.0.0.7',
    );
  });

  it.each([
    ['there are several', { eth0: [info('10.0.0.7')], eth1: [info('10.1.0.7')] }],
    ['there is none', { lo: [loopback] }],
  ])('has to be given when %s', (_, interfaces) => {
    expect(() => findAdvertisedAddress('0.0.0.0', undefined, interfaces)).toThrow(/ADVERTISE_ADDRESS/);
  });
});
