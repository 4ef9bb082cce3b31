import type { AnyTx } from '@gatehouse/database';
import type { Decider } from './decider.ts';
import type { DomainEvent, EventStore, RecordedEvent } from './event-store.ts';
import type { Position } from './position.ts';
import { streamName } from './stream-name.ts';
import type { Upcast } from './upcaster.ts';

export type StateLoaderDeps<E, S> = Readonly<{
  store: EventStore;
  decider: Pick<Decider<never, E, S>, 'initial' | 'evolve'>;
  category: string;
  /** Without it snapshots are not looked for. */
  schemaHash?: string;
  upcast?: Upcast;
}>;

/** The state at `version`; version 0 is the initial one. */
export type LoadedState<S> = Readonly<{ version: number; position: Position | undefined; state: S }>;

/** `asOfVersion` asks for the state as it was; a version that the stream has not reached gives the newest. */
export type StateLoader<S> = (
  id: string,
  options?: Readonly<{ tx?: AnyTx; asOfVersion?: number }>,
) => Promise<LoadedState<S>>;

/** Folds a stream, from its snapshot when there is a fitting one; the stream's own version is always read. */
export const createStateLoader =
  <E extends DomainEvent, S>({
    store,
    decider,
    category,
    schemaHash,
    upcast,
  }: StateLoaderDeps<E, S>): StateLoader<S> =>
  async (id, { tx, asOfVersion } = {}) => {
    const stream = streamName(category, id);
    const transaction = tx === undefined ? {} : { tx };
    const evolve = (state: S, recorded: RecordedEvent): S =>
      decider.evolve(state, (upcast === undefined ? recorded.event : upcast(recorded)) as E);

    if (asOfVersion !== undefined) {
      const { version, position, events } = await store.read(stream, { to: asOfVersion, ...transaction });
      return {
        version: Math.min(version, asOfVersion),
        position: events.at(-1)?.position ?? position,
        state: events.reduce(evolve, decider.initial()),
      };
    }

    const snapshot =
      schemaHash === undefined ? undefined : await store.findSnapshot<S>(stream, schemaHash, transaction);
    const tail = await store.read(stream, { from: (snapshot?.version ?? 0) + 1, ...transaction });
    // A snapshot ahead of its stream comes from another history (a restore): fold everything instead.
    const isUsable = snapshot !== undefined && snapshot.version <= tail.version;
    const events =
      isUsable || snapshot === undefined ? tail.events : (await store.read(stream, transaction)).events;
    return {
      version: tail.version,
      position: tail.position,
      state: events.reduce(evolve, isUsable ? snapshot.state : decider.initial()),
    };
  };
