import { randomIds } from '@gatehouse/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRecorder, eventNamed, publishUntilStored } from './testing/transport-recorder.ts';
import type { Transport } from './transport.ts';

/** What every transport has to do for queues of one instance (`perInstance`), in terms of the port alone. */
export const describeHints = (name: string, open: () => Promise<Transport>): void => {
  describe(`hints over a transport (${name})`, () => {
    let transport: Transport;
    let area: string;

    beforeEach(async () => {
      transport = await open();
      area = `h${randomIds.next()}`.replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)] as string);
      area = area.replaceAll('-', '');
    });
    afterEach(() => transport.close());

    const listen = (store: Parameters<Transport['subscribe']>[0]['store']) =>
      transport.subscribe({ queue: `${area}.hints`, patterns: [`${area}.*`], perInstance: true, store });

    it('reach every instance, though they use one name', async () => {
      const [one, two] = [createRecorder(), createRecorder()];
      await listen(one.store);
      await listen(two.store);
      const sent = eventNamed(area, 'created', 'one');
      await publishUntilStored(transport, [sent]);
      await Promise.all([one.untilReceived(sent.id), two.untilReceived(sent.id)]);

      expect([one.received(), two.received()]).toEqual([[sent], [sent]]);
    });

    it('are lost with a store that fails, and the event still counts as stored', async () => {
      const recorder = createRecorder({ failures: 1 });
      await listen(recorder.store);
      expect(await transport.publish([eventNamed(area, 'created', 'one')])).toEqual([{ status: 'stored' }]);
      await expect.poll(recorder.failed).toBe(1);
      const next = eventNamed(area, 'created', 'two');
      await publishUntilStored(transport, [next]);
      await recorder.untilReceived(next.id);

      expect(recorder.received()).toEqual([next]);
    });

    it('are not kept for an instance that has gone', async () => {
      const [gone, staying] = [createRecorder(), createRecorder()];
      const leaving = await listen(gone.store);
      await leaving.close();
      await publishUntilStored(transport, [eventNamed(area, 'created', 'one')]);
      await listen(staying.store);
      const sent = eventNamed(area, 'created', 'two');
      await publishUntilStored(transport, [sent]);
      await staying.untilReceived(sent.id);

      expect(gone.received()).toEqual([]);
      expect(staying.received()).toEqual([sent]);
    });
  });
};
