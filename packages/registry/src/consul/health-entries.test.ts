import { describe, expect, it } from 'vitest';
import { toHealthEntries, toInstance } from './health-entries.ts';

const service = {
  ID: 'p1',
  Service: 'posts',
  Address: '10.0.0.7',
  Port: 4001,
  Tags: ['a'],
  Meta: { version: '1.2.3' },
};
const check = { ServiceID: 'p1', Status: 'passing', Output: 'HTTP GET: 200 OK', Notes: 'found: 200' };
const node = { ServiceID: '', Status: 'passing', Output: 'Agent alive and reachable', Notes: '' };
const entry = (o: { service?: object; checks?: readonly object[]; node?: object } = {}) => ({
  Node: o.node ?? { Address: '10.0.0.1' },
  Service: { ...service, ...o.service },
  Checks: o.checks ?? [node, check],
});
const reportOf = (o: Parameters<typeof entry>[0]) => toHealthEntries([entry(o)]).reports[0];

describe('an instance in an answer of Consul', () => {
  it('has all that it was registered with', () => {
    const report = reportOf({ service: { Meta: { version: '1.2.3', weight: '2.5' } } });

    expect(report).toEqual({
      id: 'p1',
      service: 'posts',
      address: '10.0.0.7',
      port: 4001,
      version: '1.2.3',
      tags: ['a'],
      weight: 2.5,
      health: 'passing',
      output: 'HTTP GET: 200 OK',
    });
    expect(report && toInstance(report)).not.toHaveProperty('health');
  });

  it('is at the address of its node when it has none of its own', () => {
    expect(reportOf({ service: { Address: '' } })?.address).toBe('10.0.0.1');
  });

  it.each([
    ['a host name', { service: { Address: 'posts.internal' } }],
    ['the host name of its node', { service: { Address: '' }, node: { Address: 'node-1' } }],
    ['no port', { service: { Port: 0 } }],
  ])('with %s is refused', (_, o) => {
    expect(toHealthEntries([entry(o)])).toEqual({ reports: [], refused: ['p1'] });
  });

  it.each([
    ['passing', [node, check]],
    ['warning', [node, { ...check, Status: 'warning' }]],
    ['critical', [node, { ...check, Status: 'critical' }]],
    ['critical', [{ ...node, Status: 'critical' }, check]],
    ['critical', [{ ...check, Status: 'maintenance' }]],
    ['passing', []],
  ])('is %s when its checks are', (health, checks) => {
    expect(reportOf({ checks })?.health).toBe(health);
  });

  it('says what it found itself until Consul has checked', () => {
    expect(reportOf({ checks: [node, { ...check, Output: '' }] })?.output).toBe('found: 200');
  });

  it('says what is wrong with its node', () => {
    const dead = { ...node, Status: 'critical', Output: 'Agent not live or unreachable' };
    expect(reportOf({ checks: [dead, check] })?.output).toBe(
      'HTTP GET: 200 OK; Agent not live or unreachable',
    );
  });

  it('is taken with little: no tags, no version, an odd weight', () => {
    expect(reportOf({ service: { Tags: null, Meta: { weight: 'much' } } })).toMatchObject({
      tags: [],
      version: '',
    });
    expect(reportOf({ service: { Meta: null } })).not.toHaveProperty('weight');
  });
});

describe('an answer', () => {
  it('is sorted by id', () => {
    const [second, first] = [entry({ service: { ID: 'p2' } }), entry()];
    expect(toHealthEntries([second, first]).reports.map(({ id }) => id)).toEqual(['p1', 'p2']);
  });

  it.each([[undefined], [{}], ['<html>'], [Buffer.from('no')]])('that is no list (%s) is none', (body) => {
    expect(() => toHealthEntries(body)).toThrow(expect.objectContaining({ code: 'registry_unavailable' }));
  });

  it.each([[null], [{}], [{ Service: null }]])('with an odd entry (%o) is taken without it', (odd) => {
    expect(toHealthEntries([odd, entry()]).reports).toHaveLength(1);
  });
});
