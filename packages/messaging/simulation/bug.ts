import type { EventEnvelope } from '@gatehouse/contracts';
import type { Transact } from '@gatehouse/database';
import type { Subscription } from '../src/subscription.ts';
import type { Transport } from '../src/transport.ts';
import type { Interference } from './kysely-database.ts';

/** What a planted bug may change about a process: only what stands around the code of the product, never that itself. */
export type Bug = Readonly<{
  /** Its statements on the way to the database. */
  interference?: Interference;
  /** Its transport. */
  wrapTransport?: (transport: Transport, parts: Readonly<{ transact: Transact; find: Find }>) => Transport;
  /** Runs before a command's transaction commits. */
  beforeCommit?: (event: EventEnvelope, transport: Transport) => Promise<void>;
  /** A client that repeats a command without saying that it is the same. */
  forgetsKeys?: boolean;
}>;

type Find = (consumer: string) => Subscription | undefined;
