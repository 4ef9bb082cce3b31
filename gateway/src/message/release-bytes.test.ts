import { describe, expect, it } from 'vitest';
import { isReleasable, releaseWritten } from './release-bytes.ts';

describe('the memory of a piece of a body', () => {
  it('is given back once it is written', () => {
    const piece = Buffer.allocUnsafeSlow(65_536);
    expect(isReleasable(piece)).toBe(true);

    releaseWritten(piece)(null);

    expect([piece.length, piece.buffer.byteLength]).toEqual([0, 0]);
  });

  it('is left alone where writing failed: the system may still have it', () => {
    const piece = Buffer.allocUnsafeSlow(65_536);

    releaseWritten(piece)(new Error('reset'));

    expect(piece.length).toBe(65_536);
  });

  it('is left alone where others may have a part of it', () => {
    expect(isReleasable(Buffer.allocUnsafeSlow(65_536).subarray(1))).toBe(false);
  });

  it('is left alone where it is not worth the effort', () => {
    expect(isReleasable(Buffer.allocUnsafeSlow(1_000))).toBe(false);
  });
});
