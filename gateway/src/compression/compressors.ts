import type { Transform } from 'node:stream';
import { constants, createBrotliCompress, createGzip, createZstdCompress } from 'node:zlib';
import type { Coding } from './choose-coding.ts';

/** A stream that packs, and can be told to hand out what it has got so far. */
export type Compressor = Transform & { flush(kind: number, callback?: () => void): void };

/** Hands out compressors, a bounded number at a time: each holds up to about a megabyte until its client has read all. */
export type Compressors = Readonly<{
  /** Undefined: as many are at work as may be. `plainBytes` is a hint. */
  open(coding: Coding, plainBytes: number | undefined): Compressor | undefined;
  atWork(): number;
}>;

const defaultMostCompressors = 256;

/** Levels for answers that are made once and read once: about the speed of gzip, and at least its size. */
const gzipLevel = 6;
const brotliQuality = 4;
const zstdLevel = 3;
/** 2^18 bytes are looked back at: more memory would seldom find more. */
const windowBits = 18;

export const createCompressors = (most: number = defaultMostCompressors): Compressors => {
  let atWork = 0;

  return {
    open: (coding, plainBytes) => {
      if (atWork >= most) return undefined;
      atWork += 1;
      const compressor = create(coding, plainBytes);
      compressor.once('close', () => {
        atWork -= 1;
      });
      return compressor;
    },
    atWork: () => atWork,
  };
};

const create = (coding: Coding, plainBytes: number | undefined): Compressor => {
  switch (coding) {
    case 'br':
      return createBrotliCompress({
        params: {
          [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
          [constants.BROTLI_PARAM_LGWIN]: windowBits,
          [constants.BROTLI_PARAM_SIZE_HINT]: Math.min(plainBytes ?? 0, 0xffff_ffff),
        },
      });
    case 'zstd':
      return createZstdCompress({
        params: {
          [constants.ZSTD_c_compressionLevel]: zstdLevel,
          [constants.ZSTD_c_windowLog]: windowBits,
        },
      });
    case 'gzip':
      return createGzip({ level: gzipLevel });
  }
};

/** Makes a coding hand out what it holds back, so that a stream's bytes go out as they come. */
export const flushKind: Readonly<Record<Coding, number>> = {
  br: constants.BROTLI_OPERATION_FLUSH,
  zstd: constants.ZSTD_e_flush,
  gzip: constants.Z_SYNC_FLUSH,
};
