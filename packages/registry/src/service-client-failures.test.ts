import { createManualClock, type ManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { hangUp, json, sayNothing, useServiceInstances } from './fixture/use-service-instances.ts';

const { asked, start, open } = useServiceInstances();

/** Runs the client's time by hand, once the instance has been asked. */
const advanceWhenAsked = async (clock: ManualClock, ms: number, times = 1): Promise<void> => {
  for (let time = 1; time <= times; time += 1) {
    while (asked.length < time) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(ms);
  }
};

describe('a service that does not answer', () => {
  it('is given up when the time is over', async () => {
    const clock = createManualClock();
    await start('o1', sayNothing);
    const call = expect(
      open({ clock }).request('orders', { path: '/', timeoutMs: 700 }),
    ).rejects.toMatchObject({
      code: 'gateway_timeout',
      kind: 'timeout',
    });
    await advanceWhenAsked(clock, 700);
    await call;

    expect(clock.pending()).toBe(0);
  });

  it('is given up in the middle of its answer', async () => {
    const clock = createManualClock();
    await start('o1', (_, response) => {
      response.writeHead(200).write('{"data":');
    });
    const call = expect(open({ clock }).request('orders', { path: '/' })).rejects.toMatchObject({
      kind: 'timeout',
    });
    await advanceWhenAsked(clock, 2000);

    await call;
  });

  it('leaves half of the time to another instance', async () => {
    const clock = createManualClock();
    await start('o1', (request, response) =>
      asked.length === 1 ? undefined : json({ ok: true })(request, response),
    );
    await start('o2', (request, response) =>
      asked.length === 1 ? undefined : json({ ok: true })(request, response),
    );
    const call = open({ clock }).request('orders', { path: '/' });
    await advanceWhenAsked(clock, 1000);

    await expect(call).resolves.toMatchObject({ data: { ok: true } });
    expect(new Set(asked).size).toBe(2);
  });

  it('is not asked when there is no time', async () => {
    await start('o1', json({}));
    const context = () => ({ deadlineAt: 1 });

    await expect(open({ context }).request('orders', { path: '/' })).rejects.toMatchObject({
      kind: 'timeout',
    });
    expect(asked).toEqual([]);
  });
});

describe('a failed call', () => {
  it.each([
    ['hangs up', hangUp],
    ['says 502', json({}, 502)],
    ['says 503', json({ code: 'overloaded' }, 503)],
    ['says 504', json({}, 504)],
  ])('of a GET to an instance that %s goes to another one', async (_, answer) => {
    await start('bad', answer);
    await start('good', json({ ok: true }));
    const orders = open();
    for (let call = 0; call < 10; call += 1) {
      await expect(orders.request('orders', { path: '/' })).resolves.toMatchObject({ data: { ok: true } });
    }

    expect(asked).toContain('bad');
  });

  it('is tried again once', async () => {
    for (const id of ['o1', 'o2', 'o3']) await start(id, json({ code: 'overloaded' }, 503));
    await expect(open().request('orders', { path: '/' })).rejects.toMatchObject({ code: 'overloaded' });

    expect(new Set(asked).size).toBe(2);
    expect(asked).toHaveLength(2);
  });

  it('of anything but a GET is not tried again once it was sent', async () => {
    await start('o1', hangUp);
    await start('o2', hangUp);
    await expect(open().request('orders', { method: 'POST', path: '/', body: {} })).rejects.toMatchObject({
      code: 'service_unavailable',
    });

    expect(asked).toHaveLength(1);
  });

  it('of any method goes to another instance when nobody was there', async () => {
    const dead = await start('dead', json({}));
    await start('good', json({ ok: true }));
    await new Promise((resolve) => dead.close(resolve));
    const orders = open();
    for (let call = 0; call < 10; call += 1) {
      await expect(orders.request('orders', { method: 'POST', path: '/' })).resolves.toMatchObject({
        data: { ok: true },
      });
    }
  });

  it('of a GET is tried on the only instance again when it was reset', async () => {
    await start('o1', (request, response) =>
      (asked.length === 1 ? hangUp : json({ ok: true }))(request, response),
    );

    await expect(open().request('orders', { path: '/' })).resolves.toMatchObject({ data: { ok: true } });
  });
});
