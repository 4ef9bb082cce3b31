/** What is used of pino's destination: a `SonicBoom` that takes bytes (`contentMode: 'buffer'`). */
export type LogOutput = {
  write(bytes: Buffer): boolean;
  flush(done?: (error?: Error) => void): void;
  flushSync(): void;
  end(): void;
};

export type LineOutput<O extends LogOutput> = Omit<O, 'write'> &
  Readonly<{
    write(text: string): boolean;
    /** Passes on what was gathered, without having the disk write it. */
    handOver(): boolean;
  }>;

/** Of a character of a string in UTF-8, at most. */
const bytesPerCharacter = 3;

/**
 * Makes `output` take lines in blocks of up to `blockBytes`. Each line is turned into bytes at once, while the pieces that it was
 * put together from are at hand; joined to others as a text it costs three times as much. Whatever empties `output` (its own timer,
 * an end of the process, a fatal line) hands over first what was gathered, so it changes `output` itself, which pino knows.
 */
export const gatherInBlocks = <O extends LogOutput>(output: O, blockBytes: number): LineOutput<O> => {
  const write = output.write.bind(output);
  const flush = output.flush.bind(output);
  const flushSync = output.flushSync.bind(output);
  const end = output.end.bind(output);
  let block = Buffer.allocUnsafeSlow(blockBytes);
  let used = 0;

  const handOver = (): boolean => {
    if (used === 0) return true;
    const whole = block.subarray(0, used);
    // Whoever takes it keeps it until it is written.
    block = Buffer.allocUnsafeSlow(blockBytes);
    used = 0;
    return write(whole);
  };

  return Object.assign(output as Omit<O, 'write'>, {
    handOver,
    write: (text: string) => {
      const room = text.length * bytesPerCharacter;
      const mayGoOn = room <= blockBytes - used || handOver();
      if (room > blockBytes) return write(Buffer.from(text));
      used += block.write(text, used);
      return mayGoOn;
    },
    flush: (done?: (error?: Error) => void) => {
      handOver();
      flush(done);
    },
    flushSync: () => {
      handOver();
      flushSync();
    },
    end: () => {
      handOver();
      end();
    },
  });
};
