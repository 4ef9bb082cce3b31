import type { CacheAddress } from './cache-key.ts';

/** What a store outside knows of an address. Everything in it is hashed or comes from services. */
export type Looked = Readonly<{
  mark: string;
  /** Of the headers that its answers depend on; undefined: there is no answer. */
  varyNames: readonly string[] | undefined;
  /** Of the variant that was asked for. */
  bytes: Buffer | undefined;
}>;

type KeptBytes = Readonly<{
  mark: string;
  variant: string;
  varyNames: readonly string[];
  bytes: Buffer;
  keepMs: number;
}>;

/** A store that all gateways share. Everything may fail, and may take as long as the connection lasts. */
export type SharedAnswers = Readonly<{
  look(address: CacheAddress, variant: string): Promise<Looked>;
  /** Gives how many bytes all answers take now. */
  keep(address: CacheAddress, kept: KeptBytes): Promise<number>;
  forget(path: CacheAddress['path']): Promise<void>;
  forgetAll(): Promise<void>;
  isReady(): boolean;
  close(): void;
}>;

export type AnswersEvents = Readonly<{
  /** Connected, for the first time or again. */
  onReady(): void;
  /** The connection is gone, or could not be made; the next try comes by itself. */
  onLost(cause: string): void;
}>;
