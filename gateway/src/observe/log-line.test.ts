import { createLogger, withoutRedaction } from '@gatehouse/service-kit';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createLineLogger, tenths, text } from './log-line.ts';

const setUp = (level: 'info' | 'warn' = 'info') => {
  const lines: string[] = [];
  const logger = createLogger({
    name: 'gatehouse',
    level,
    destination: { write: (line) => void lines.push(line) },
  });
  return { lines, logger: withoutRedaction(logger.child({ service: 'gateway' })) };
};

const withoutTime = (line = ''): string => line.replace(/"time":"[^"]+"/, '"time":""');

describe('a line put together by hand', () => {
  it('is what the logger would have written, to the letter', () => {
    const { lines, logger } = setUp();
    logger.info({ a: 'x', b: 1.5, c: 2 }, 'request');
    createLineLogger(logger, 'request').write(',"a":"x","b":1.5,"c":2');

    expect(withoutTime(lines[1])).toBe(withoutTime(lines[0]));
    expect(lines[1]).toMatch(
      /^\{"level":"info","time":"\d{4}-.+Z","name":"gatehouse","service":"gateway",.+\}\n$/,
    );
  });

  it('is on as long as the level of the logger lets it', () => {
    const { logger } = setUp('warn');
    const line = createLineLogger(logger, 'request');

    expect(line.isOn()).toBe(false);
    logger.level = 'debug';
    expect(line.isOn()).toBe(true);
  });

  it('goes whole to a destination that looks at more than its text', () => {
    const lines: string[] = [];
    const logger = pino(
      { base: null },
      pino.multistream({ stream: { write: (line) => void lines.push(line) } }),
    );
    createLineLogger(logger, 'request').write(',"a":"x"');

    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 30, a: 'x', msg: 'request' });
  });
});

describe('a text in a line', () => {
  it('is read back as it was, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 60 }),
          fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
          // Halves of pairs too: a string of JavaScript may hold them alone.
          fc
            .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
            .map((units) => String.fromCharCode(...units)),
        ),
        (value) => {
          expect(JSON.parse(text(value))).toBe(value);
          expect(text(value)).not.toMatch(/[\n\r]/);
        },
      ),
    );
  });

  it('is cut where it is long', () => {
    expect(JSON.parse(text('x'.repeat(10_000), 1024))).toBe(`${'x'.repeat(1024)}…`);
    expect(text(`${'x'.repeat(9)}\u{1f600}`, 10)).toBe(`"${'x'.repeat(9)}\\ud83d…"`);
  });
});

describe('a time in a line', () => {
  it.each([0, 0.04, 0.05, 1, 1.25, 12.3, 999.96, 86_400_000])('%d is a number with one place', (ms) => {
    expect(Number(tenths(ms))).toBe(Math.round(ms * 10) / 10);
  });
});
