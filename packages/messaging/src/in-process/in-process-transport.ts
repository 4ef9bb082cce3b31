import type { Transport } from '../transport.ts';

export type InProcessTransport = Transport & Readonly<{ open(): void }>;
export const createInProcessTransport = (_options: { held?: boolean } = {}): InProcessTransport => {
  throw new TypeError('being built');
};
