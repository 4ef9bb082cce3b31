// pino-roll 4 ships no types. These are the options that are used here; see its README for the rest.
declare module 'pino-roll' {
  import type { EventEmitter } from 'node:events';

  type RollingFile = EventEmitter & { write(line: string): boolean; end(): void; flushSync(): void };

  export default function openRollingFile(options: {
    file: string;
    extension: string;
    size: string;
    limit: { count: number };
    mkdir: boolean;
    sync: boolean;
    minLength: number;
    periodicFlush: number;
    maxLength: number;
  }): Promise<RollingFile>;
}
