/** The memory of smaller ones is not worth it. */
const leastBytes = 16_384;

/** Whether a piece of a body is large and shares its memory with no other. */
export const isReleasable = ({ buffer, length }: Buffer): boolean =>
  length >= leastBytes && buffer.byteLength === length;

/**
 * To be told of the end of a write: gives the memory of a releasable piece back at once, for whoever alone has it. V8 collects buffers
 * only when there are some 64 MiB of them, however small its heap is, so that one large upload made the process larger by as much.
 */
export const releaseWritten =
  ({ buffer }: Buffer) =>
  (error?: Error | null): void => {
    // After a failure the system may still have it.
    if (!error && buffer instanceof ArrayBuffer) buffer.transfer(0);
  };
