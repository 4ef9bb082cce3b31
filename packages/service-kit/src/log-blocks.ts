/** What is used of pino's destination (a `SonicBoom`). */
export type LogOutput = {
  write(text: string): boolean;
  flush(done?: (error?: Error) => void): void;
  flushSync(): void;
  end(): void;
};

/**
 * Makes `output` take lines in blocks of `blockLength` characters: it measures everything that it holds anew for each text
 * that it is given, which for single lines costs more than the lines. Whatever empties it (its own timer, an end of
 * the process, a fatal line) hands over first what was gathered, so it changes `output` itself, which pino knows.
 */
export const gatherInBlocks = <O extends LogOutput>(
  output: O,
  blockLength: number,
): O & Readonly<{ handOver(): boolean }> => {
  const write = output.write.bind(output);
  const flush = output.flush.bind(output);
  const flushSync = output.flushSync.bind(output);
  const end = output.end.bind(output);
  let gathered = '';

  const handOver = (): boolean => {
    if (gathered === '') return true;
    const block = gathered;
    gathered = '';
    return write(block);
  };

  return Object.assign(output, {
    handOver,
    write: (text: string) => {
      gathered += text;
      return gathered.length < blockLength || handOver();
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
