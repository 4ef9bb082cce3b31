/** An answer that several get. `headers` is a flat list. */
export type SharedAnswer = Readonly<{ status: number; headers: readonly string[]; body: Buffer }>;

/** Who waits for another's answer. Exactly one of the three is called, once, unless it leaves before. */
export type Follower = Readonly<{
  /** The key of its own headers of these names: whether the answer is the one that it would have got. */
  variantOf(names: readonly string[]): string;
  take(answer: SharedAnswer): void;
  /** There is no answer for it: it asks by itself, and waits for nobody any more. */
  goAlone(): void;
  /** Who went ahead has left: it asks in its place, for all who still wait. */
  lead(flight: Flight): void;
}>;

type FlightHead = Readonly<{
  status: number;
  headers: readonly string[];
  /** The headers of a request that the answer depends on; undefined: it is nobody else's. */
  varyNames: readonly string[] | undefined;
}>;

/** Told by who asks for the others, as its answer comes. */
export type Flight = Readonly<{
  head(head: FlightHead, variantOf: Follower['variantOf']): void;
  data(chunk: Buffer): void;
  end(): void;
  /** No answer, or one that broke off. */
  fail(): void;
  /** Its client hung up: the next of those who wait asks instead. */
  leave(): void;
}>;

export type FlightBounds = Readonly<{
  /** Of one flight; whoever comes after them asks alone. */
  maxFollowers: number;
  /** Of one answer that is kept for those who wait, and of all of them together. */
  maxBytes: number;
  maxTotalBytes: number;
}>;

/** `lead`: ask, and tell the flight. `follow`: wait; `leave` ends that. `alone`: as if there were nobody else. */
export type Joined =
  | Readonly<{ as: 'lead'; flight: Flight }>
  | Readonly<{ as: 'follow'; leave: () => void }>
  | Readonly<{ as: 'alone' }>;

export type Flights = Readonly<{
  join(key: string, follower: Follower): Joined;
  /** For metrics and tests. */
  report(): Readonly<{ flights: number; followers: number; bytes: number }>;
}>;

const flightBounds: FlightBounds = {
  maxFollowers: 1000,
  maxBytes: 1_048_576,
  maxTotalBytes: 16_777_216,
};

const alone: Joined = { as: 'alone' };

type State = {
  readonly key: string;
  readonly followers: Set<Follower>;
  /**
   * - `asking`: until the head of the answer; whoever asks for the same joins.
   * - `sharing`: the answer is being collected for those who wait. Nobody joins any more: who comes now wants to know what is
   *   so now.
   * - `over`: nobody waits any more; what is still told is ignored.
   */
  phase: 'asking' | 'sharing' | 'over';
  answer: Readonly<{ status: number; headers: readonly string[] }> | undefined;
  chunks: Buffer[];
  bytes: number;
};

/** Sends what many ask for at the same time once. Knows nothing of HTTP but names of headers. */
export const createFlights = (bounds: FlightBounds = flightBounds): Flights => {
  const asking = new Map<string, State>();
  /** Where each waits: who was promoted takes the others along. */
  const seats = new Map<Follower, State>();
  let open = 0;
  let total = 0;

  const forgetBytes = (state: State): void => {
    total -= state.bytes;
    state.bytes = 0;
    state.chunks = [];
  };

  const close = (state: State): readonly Follower[] => {
    if (asking.get(state.key) === state) asking.delete(state.key);
    const left = [...state.followers];
    for (const follower of left) seats.delete(follower);
    state.followers.clear();
    state.phase = 'over';
    open -= 1;
    forgetBytes(state);
    return left;
  };

  const dissolve = (state: State): void => {
    if (state.phase === 'over') return;
    for (const follower of close(state)) follower.goAlone();
  };

  const beginSharing = (state: State, head: FlightHead, variantOf: Follower['variantOf']): void => {
    const { varyNames, status, headers } = head;
    if (state.phase !== 'asking') return;
    if (asking.get(state.key) === state) asking.delete(state.key);
    if (varyNames === undefined) {
      dissolve(state);
      return;
    }
    state.phase = 'sharing';
    state.answer = { status, headers };
    const variant = variantOf(varyNames);
    for (const follower of [...state.followers]) {
      if (follower.variantOf(varyNames) === variant) continue;
      stand(follower);
      follower.goAlone();
    }
  };

  const sit = (state: State, follower: Follower): void => {
    state.followers.add(follower);
    seats.set(follower, state);
  };

  const stand = (follower: Follower): void => {
    seats.get(follower)?.followers.delete(follower);
    seats.delete(follower);
  };

  const collect = (state: State, chunk: Buffer): void => {
    if (state.phase !== 'sharing' || state.followers.size === 0) return;
    if (state.bytes + chunk.length > bounds.maxBytes || total + chunk.length > bounds.maxTotalBytes) {
      dissolve(state);
      return;
    }
    state.bytes += chunk.length;
    total += chunk.length;
    state.chunks.push(chunk);
  };

  const deliver = (state: State): void => {
    const { answer, chunks, phase } = state;
    if (phase === 'over') return;
    if (answer === undefined) {
      dissolve(state);
      return;
    }
    const body = Buffer.concat(chunks);
    for (const follower of close(state)) follower.take({ ...answer, body });
  };

  const promote = (state: State): void => {
    if (state.phase === 'over') return;
    const [first, ...others] = close(state);
    if (first === undefined) return;
    const next = begin(state.key);
    for (const other of others) sit(next, other);
    first.lead(flightOf(next));
  };

  const begin = (key: string): State => {
    const state: State = {
      key,
      followers: new Set(),
      phase: 'asking',
      answer: undefined,
      chunks: [],
      bytes: 0,
    };
    open += 1;
    // Another may have begun since the head of the last came.
    if (!asking.has(key)) asking.set(key, state);
    return state;
  };

  const flightOf = (state: State): Flight => ({
    head: (head, variantOf) => beginSharing(state, head, variantOf),
    data: (chunk) => collect(state, chunk),
    end: () => deliver(state),
    fail: () => dissolve(state),
    leave: () => promote(state),
  });

  return {
    join: (key, follower) => {
      const known = asking.get(key);
      if (known === undefined) return { as: 'lead', flight: flightOf(begin(key)) };
      if (known.followers.size >= bounds.maxFollowers) return alone;
      sit(known, follower);
      return { as: 'follow', leave: () => stand(follower) };
    },
    report: () => ({ flights: open, followers: seats.size, bytes: total }),
  };
};
