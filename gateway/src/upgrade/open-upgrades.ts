import type { Principal } from '@gatehouse/auth';
import { type Clock, repeat } from '@gatehouse/resilience';

/** Why an upgraded connection came to its end. */
export type EndReason = 'closed' | 'idle' | 'half-closed' | 'expired' | 'revoked' | 'shutdown';

/** One connection that speaks WebSocket. */
export type OpenUpgrade = Readonly<{
  principal: Principal | undefined;
  /** Grows with every byte, either way. */
  bytes(): number;
  /** One direction has ended. */
  isHalfClosed(): boolean;
  end(reason: EndReason): void;
}>;

/** All connections that speak WebSocket: one look at all of them every 2 s, instead of timers for each. */
export type OpenUpgrades = Readonly<{
  /** Gives what is to be called at the end of the connection. */
  add(upgrade: OpenUpgrade): () => void;
  count(): number;
  endAll(): void;
  /** Ends all, and looks no more. */
  close(): Promise<void>;
}>;

export type OpenUpgradesDeps = Readonly<{
  clock: Clock;
  /** How long no byte may pass in either direction. */
  idleMs: () => number;
  /** Whether the session behind a token was ended since it was issued. */
  isRevoked: (principal: Principal) => boolean;
  onError: (error: unknown) => void;
}>;

/** With the 2 s in which revocations are read: within 5 s. */
const lookEveryMs = 2000;
/** How long one direction may be open when the other has ended. */
const halfClosedMs = 30_000;
/** The token that a key was exchanged for lives for a minute; the connection may live longer, but not for ever. */
const longestByKeyMs = 3_600_000;

type Watched = {
  readonly upgrade: OpenUpgrade;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
  bytes: number;
  quietSinceMs: number;
  halfClosedAtMs: number | undefined;
};

/**
 * An open connection ends when nothing was said for `idleMs`, 30 s after one side has ended its direction, and when its
 * caller could not open it again: the access token that opened it has expired (one that was opened with an API key:
 * after an hour), or its session, key or holder was revoked.
 */
export const createOpenUpgrades = (deps: OpenUpgradesDeps): OpenUpgrades => {
  const { clock, idleMs, isRevoked, onError } = deps;
  const open = new Set<Watched>();

  const reasonToEnd = (watched: Watched, nowMs: number): EndReason | undefined => {
    const { upgrade } = watched;
    const bytes = upgrade.bytes();
    if (bytes !== watched.bytes) {
      watched.bytes = bytes;
      watched.quietSinceMs = nowMs;
    } else if (nowMs - watched.quietSinceMs >= idleMs()) return 'idle';
    if (upgrade.isHalfClosed()) {
      watched.halfClosedAtMs ??= nowMs;
      if (nowMs - watched.halfClosedAtMs >= halfClosedMs) return 'half-closed';
    }
    const { principal } = upgrade;
    if (principal === undefined) return undefined;
    if (watched.expiresAtMs <= clock.now()) return 'expired';
    return isRevoked(principal) ? 'revoked' : undefined;
  };

  const look = async (): Promise<void> => {
    const nowMs = clock.monotonic();
    for (const watched of open) {
      const reason = reasonToEnd(watched, nowMs);
      if (reason !== undefined) watched.upgrade.end(reason);
    }
  };

  const endAll = (): void => {
    for (const { upgrade } of open) upgrade.end('shutdown');
  };

  let looking: ReturnType<typeof repeat> | undefined;

  return {
    add: (upgrade) => {
      looking ??= repeat({ clock, intervalMs: lookEveryMs, task: look, onError });
      const watched = {
        ...{ upgrade, bytes: 0, quietSinceMs: clock.monotonic(), halfClosedAtMs: undefined },
        expiresAtMs: expiryOf(upgrade.principal, clock.now()),
      };
      open.add(watched);
      return () => void open.delete(watched);
    },
    count: () => open.size,
    endAll,
    close: async () => {
      endAll();
      await looking?.stop();
    },
  };
};

const expiryOf = (principal: Principal | undefined, nowMs: number): number => {
  if (principal === undefined) return Number.POSITIVE_INFINITY;
  return principal.apiKeyId === undefined ? principal.expiresAt * 1000 : nowMs + longestByKeyMs;
};
