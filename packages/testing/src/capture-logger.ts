import { type Logger, pino } from 'pino';

export type CapturedLogger = Logger & Readonly<{ lines: unknown[] }>;

/** A real pino logger of every level whose lines are kept, parsed, instead of written. */
export const captureLogger = (): CapturedLogger => {
  const lines: unknown[] = [];
  const logger = pino({ level: 'trace', base: null }, { write: (line) => lines.push(JSON.parse(line)) });
  return Object.assign(logger, { lines });
};
