import { captureLogger } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { createClosing } from './closing.ts';

describe('closing', () => {
  it('has an order of its own, and goes on when a part fails', async () => {
    const logger = captureLogger();
    const closing = createClosing(logger);
    const closed: string[] = [];
    closing.add('database', async () => void closed.push('database'));
    closing.add('messaging', async () => {
      throw new Error('stuck');
    });
    closing.add('http', async () => void closed.push('http'));
    closing.add('registration', async () => void closed.push('registration'));

    await Promise.all([closing.closeAll(), closing.closeAll()]);

    expect(closed).toEqual(['registration', 'http', 'database']);
    expect(logger.lines).toMatchObject([{ part: 'messaging', msg: 'a part did not close well' }]);
  });

  it('waits for a part only so long', async () => {
    const logger = captureLogger();
    const closing = createClosing(logger);
    const closed: string[] = [];
    closing.add('client', () => new Promise(() => {}));
    closing.add('database', async () => void closed.push('database'));

    await closing.closeAll();

    expect(closed).toEqual(['database']);
    expect(logger.lines).toMatchObject([{ part: 'client', msg: 'a part was too slow to close' }]);
  });
});
