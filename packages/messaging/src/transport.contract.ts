import type { EventEnvelope } from '@gatehouse/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createRecorder,
  eventNamed,
  publishUntilStored,
  type Recorder,
} from './testing/transport-recorder.ts';
import type { QueueConsumer, Transport } from './transport.ts';

/**
 * What every transport has to do, in terms of the port alone. `open` gives a transport on the server under test; queues and
 * event types are named anew in each test, so that one broker can serve them all.
 */
export const describeTransport = (name: string, open: () => Promise<Transport>): void => {
  describe(`a transport (${name})`, () => {
    let transport: Transport;
    let consumers: QueueConsumer[];
    let area: string;
    let tests = 0;

    beforeEach(async () => {
      transport = await open();
      consumers = [];
      area = `t${Date.now().toString(36)}x${tests++}`.replaceAll(
        /\d/g,
        (digit) => 'abcdefghij'[Number(digit)] as string,
      );
    });
    afterEach(async () => {
      await Promise.allSettled(consumers.map((consumer) => consumer.remove()));
      await transport.close();
    });

    const consume = async (queue: string, patterns: readonly string[], recorder: Recorder) => {
      const consumer = await transport.subscribe({
        queue: `${area}.${queue}`,
        patterns,
        store: recorder.store,
      });
      consumers.push(consumer);
      return consumer;
    };
    const event = (eventName: string, subject = 'one'): EventEnvelope => eventNamed(area, eventName, subject);
    const publish = (...batch: readonly EventEnvelope[]) => publishUntilStored(transport, batch);

    describe('topics', () => {
      it.each([
        ['AREA.created', ['created']],
        ['AREA.*', ['created', 'item_added', 'deleted']],
        ['*.created', ['created']],
        ['AREA.#', ['created', 'item_added', 'deleted']],
        ['AREA.created.#', ['created']],
        ['#.deleted', ['deleted']],
        ['AREA.#.deleted', ['deleted']],
        ['AREA', []],
        ['AREA.*.*', []],
        ['AREA.item', []],
      ])('%s gets %j', async (pattern, expected) => {
        const recorder = createRecorder();
        await consume('topics', [pattern.replace('AREA', area), `${area}.end`], recorder);
        const sent = ['created', 'item_added', 'deleted', 'end'].map((eventName) => event(eventName));
        await publish(...sent);
        await recorder.untilReceived(sent[3]?.id);

        const names = recorder.received().map(({ type }) => type.split('.')[2]);
        expect(names).toEqual([...new Set([...expected, 'end'])]);
      });

      it('overlapping patterns of one queue give a message once', async () => {
        const recorder = createRecorder();
        await consume('overlap', [`${area}.created`, `${area}.*`, `${area}.#`], recorder);
        const end = event('end');
        await publish(event('created'), end);
        await recorder.untilReceived(end.id);

        expect(recorder.received()).toHaveLength(2);
      });
    });

    it('delivers to every queue, each message as it was, untouched by what others do to it', async () => {
      const one = createRecorder({
        spoil: (received) => Object.assign(received.data as object, { spoilt: true }),
      });
      const two = createRecorder();
      await consume('one', [`${area}.created`], one);
      await consume('two', [`${area}.created`], two);
      const sent = event('created');
      await publish(sent);
      await Promise.all([one.untilReceived(sent.id), two.untilReceived(sent.id)]);

      expect(two.received()).toEqual([sent]);
      expect(sent.data).not.toHaveProperty('spoilt');
    });

    it('counts a message that nobody listens to as stored', async () => {
      expect(await transport.publish([event('created')])).toEqual([{ status: 'stored' }]);
      expect(await transport.publish([])).toEqual([]);
    });

    it('gives each message to one of the consumers that compete for a queue', async () => {
      const [one, two] = [createRecorder(), createRecorder()];
      await consume('shared', [`${area}.*`], one);
      await consume('shared', [`${area}.*`], two);
      const sent = Array.from({ length: 20 }, (_, i) => event('created', `subject ${i}`));
      for (const message of sent) await publish(message);
      await Promise.all(sent.map(({ id }) => Promise.race([one.untilReceived(id), two.untilReceived(id)])));

      const ids = [...one.received(), ...two.received()].map(({ id }) => id);
      expect(ids.sort()).toEqual(sent.map(({ id }) => id).sort());
    });

    it('delivers again what could not be stored, and holds nobody else up meanwhile', async () => {
      const failing = createRecorder({ failures: 3 });
      const other = createRecorder();
      await consume('failing', [`${area}.*`], failing);
      await consume('other', [`${area}.*`], other);
      const sent = event('created');
      await publish(sent);
      await Promise.all([failing.untilReceived(sent.id), other.untilReceived(sent.id)]);

      expect(failing.failed()).toBe(3);
      expect(failing.received().map(({ id }) => id)).toEqual([sent.id]);
    });

    it('keeps the order of a publish, in batches of at most 100', async () => {
      const recorder = createRecorder();
      await consume('ordered', [`${area}.#`], recorder);
      const sent = Array.from({ length: 250 }, (_, i) => event('created', `subject ${i}`));
      await publish(...sent);
      await recorder.untilReceived(sent[249]?.id);

      expect(recorder.received().map(({ subject }) => subject)).toEqual(sent.map(({ subject }) => subject));
      expect(Math.max(...recorder.batchSizes())).toBeLessThanOrEqual(100);
    });

    it('gives a queue that is added later what comes after it', async () => {
      const recorder = createRecorder();
      const [before, after] = [event('created'), event('deleted')];
      await publish(before);
      await consume('late', [`${area}.*`], recorder);
      await publish(after);
      await recorder.untilReceived(after.id);

      expect(recorder.received().map(({ id }) => id)).toEqual([after.id]);
    });

    it('loses nothing for a queue whose last consumer left for a while', async () => {
      const [first, second] = [createRecorder(), createRecorder()];
      const leaving = await consume('kept', [`${area}.*`], first);
      await leaving.close();
      const sent = event('created');
      const publishing = publish(sent);
      await consume('kept', [`${area}.*`], second);
      await Promise.all([publishing, second.untilReceived(sent.id)]);

      expect(first.received()).toEqual([]);
    });

    it('keeps nothing for a queue that was removed', async () => {
      const [removed, staying] = [createRecorder(), createRecorder()];
      const consumer = await consume('removed', [`${area}.*`], removed);
      await consume('staying', [`${area}.*`], staying);
      await consumer.remove();
      const sent = event('created');
      await publish(sent);
      await staying.untilReceived(sent.id);

      expect(removed.received()).toEqual([]);
    });

    it('waits for the batch in hand when it closes, and publishes nothing afterwards', async () => {
      const gate = Promise.withResolvers<void>();
      const recorder = createRecorder({ until: gate.promise });
      await consume('closing', [`${area}.*`], recorder);
      const publishing = transport.publish([event('created')]).catch(() => []);
      await recorder.untilAsked();
      let isClosed = false;
      const closing = transport.close().then(() => {
        isClosed = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(isClosed).toBe(false);
      gate.resolve();
      await Promise.all([closing, publishing]);

      await expect(transport.publish([event('deleted')])).rejects.toMatchObject({ kind: 'unavailable' });
    });
  });
};
