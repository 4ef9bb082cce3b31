import { randomIds } from '@gatehouse/contracts';
import { createManualClock } from '@gatehouse/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ok, route } from './index.ts';
import { createRouteTable, type RouteTable } from './route-table.ts';
import { startNotes } from './testing/start-notes.ts';

let notes: Awaited<ReturnType<typeof startNotes>>;
let token: string;

beforeAll(async () => {
  notes = await startNotes();
  token = await notes.serviceToken();
});

afterAll(() => notes.end());

const order = (what: string) => notes.call('POST', `/internal/plugins/stars/${what}`, { token });
const stars = () => notes.call('GET', '/api/stars');
const isMarked = async () => (await notes.call('GET', '/api/notes')).headers.get('x-stars');

describe('a plugin of a service', () => {
  it('is active from the first start: its routes, its middleware on every public route, its API', async () => {
    expect(await stars()).toMatchObject({ status: 200, json: { data: ['star'] } });
    expect(await isMarked()).toBe('on');
    const internal = await notes.call('GET', '/internal/plugins', { token });
    expect(internal.headers.get('x-stars')).toBeNull();
    expect(internal.json.data).toEqual([
      { name: 'stars', version: '1.0.0', dependencies: { notes: '^0.1.0' }, state: 'active' },
    ]);
    const { json } = await notes.call('GET', '/internal/openapi.json', { token });
    expect(Object.keys(json.paths)).toContain('/api/stars');
  });

  it('is gone when it is deactivated, and back when it is activated, without a restart', async () => {
    expect((await order('deactivate')).json.data.state).toBe('inactive');
    expect(await stars()).toMatchObject({ status: 404, json: { code: 'not_found' } });
    expect(await isMarked()).toBeNull();

    expect((await order('activate')).json.data.state).toBe('active');
    expect((await stars()).status).toBe(200);
    expect(await isMarked()).toBe('on');
  });

  it('that nobody knows is 404, and odd names too', async () => {
    expect((await notes.call('POST', '/internal/plugins/moons/activate', { token })).status).toBe(404);
    expect((await notes.call('POST', '/internal/plugins/A%20b/activate', { token })).status).toBe(404);
  });

  it('stays deactivated over a restart', async () => {
    await order('deactivate');
    const second = await notes.start();
    try {
      const response = await fetch(`http://${second.address}:${second.port}/api/stars`);
      expect(response.status).toBe(404);
    } finally {
      await second.stop();
      await order('activate');
    }
  });

  it('leaves no timer of the process behind after a hundred rounds', async () => {
    await order('deactivate');
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    for (let round = 0; round < 100; round += 1) {
      expect((await order('activate')).status).toBe(200);
      expect((await order('deactivate')).status).toBe(200);
    }
    expect((await stars()).status).toBe(404);
    // Those of the polls of messaging come and go: what a hundred rounds left would be a hundred.
    expect(timers() - before).toBeLessThan(20);
    await order('activate');
    expect((await stars()).status).toBe(200);
  });
});

describe('a route table', () => {
  const never = () => Promise.reject(new Error('not called'));
  const open = (): RouteTable =>
    createRouteTable({
      authenticate: never,
      transact: never,
      keys: { answerOnce: never, purge: never },
      clock: createManualClock(),
    });
  const one = route('GET /api/stars/:id', { auth: 'none', summary: 'One' }, () => ok(randomIds.next()));

  it('is as it was after a hundred rounds', () => {
    const table = open();
    table.add([route('GET /api/stars', { auth: 'none', summary: 'All' }, () => ok([]))]);
    for (let round = 0; round < 100; round += 1) {
      const undos = [table.add([one]), table.addMiddleware((_request, _response, next) => next())];
      for (const undo of undos.toReversed()) undo();
    }

    expect(table.routes()).toHaveLength(1);
  });

  it('has each method and path once, whatever its parameters are called', () => {
    const table = open();
    table.add([one]);
    const again = route('GET /api/stars/:starId', { auth: 'none', summary: 'One' }, () => ok({}));

    expect(() => table.add([again])).toThrow(expect.objectContaining({ code: 'route_taken' }));
    expect(table.routes()).toEqual([one]);
  });
});
