import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { describeHints } from '../hints.contract.ts';
import { createRecorder, eventNamed } from '../testing/transport-recorder.ts';
import { describeTransport } from '../transport.contract.ts';
import { createInProcessTransport } from './in-process-transport.ts';

describeTransport('in-process', async () => createInProcessTransport());
describeHints('in-process', async () => createInProcessTransport());

describe('a message that one of two queues could not store', () => {
  it('has failed, and the next publish reaches only the one that lacks it', async () => {
    const transport = createInProcessTransport();
    const [fine, failing] = [createRecorder(), createRecorder({ failures: 1 })];
    await transport.subscribe({ queue: 'a.fine', patterns: ['#'], store: fine.store });
    await transport.subscribe({ queue: 'a.failing', patterns: ['#'], store: failing.store });
    const event = eventNamed('post', 'created', 'one');

    expect(await transport.publish([event])).toEqual([
      { status: 'failed', error: new RangeError('not stored') },
    ]);
    expect(await transport.publish([event])).toEqual([{ status: 'stored' }]);
    expect(fine.received()).toHaveLength(1);
    expect(failing.received()).toHaveLength(1);
  });
});

describe('a queue that does not answer', () => {
  it('has failed after 5 s, while the others have their events', async () => {
    const clock = createManualClock();
    const transport = createInProcessTransport({ clock });
    const [fine, silent] = [createRecorder(), createRecorder({ until: new Promise(() => {}) })];
    await transport.subscribe({ queue: 'a.fine', patterns: ['post.*'], store: fine.store });
    await transport.subscribe({ queue: 'a.silent', patterns: ['post.created'], store: silent.store });

    const publishing = transport.publish([
      eventNamed('post', 'created', 'one'),
      eventNamed('post', 'deleted', 'two'),
    ]);
    await silent.untilAsked();
    await clock.advance(5_000);

    expect((await publishing).map(({ status }) => status)).toEqual(['failed', 'stored']);
    expect(fine.received()).toHaveLength(2);
  });
});

describe('a transport that is held', () => {
  it('passes nothing by those who are still starting', async () => {
    const transport = createInProcessTransport({ held: true });
    const event = eventNamed('post', 'created', 'one');
    const publishing = transport.publish([event]);
    const late = createRecorder();
    await transport.subscribe({ queue: 'a.late', patterns: ['#'], store: late.store });
    expect(late.received()).toEqual([]);
    transport.open();

    expect(await publishing).toEqual([{ status: 'stored' }]);
    expect(late.received()).toEqual([event]);
  });

  it('gives up waiting when it is closed', async () => {
    const transport = createInProcessTransport({ held: true });
    const publishing = transport.publish([eventNamed('post', 'created', 'one')]);
    await transport.close();

    await expect(publishing).rejects.toMatchObject({ code: 'transport_away' });
  });
});
