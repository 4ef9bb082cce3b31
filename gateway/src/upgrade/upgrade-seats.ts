import { gatewayError } from '../gateway-error.ts';

/** How many connections may speak WebSocket at a time, handshakes included. */
export type UpgradeLimits = Readonly<{ open: number; openByCaller: number }>;

export type UpgradeSeats = Readonly<{
  /**
   * Takes a place for a caller and gives what is to be called when it is free again.
   *
   * @throws AppError `rate_limited` for a caller who holds too many, `overloaded` when all are taken.
   */
  take(caller: string): () => void;
  taken(): number;
}>;

/** Whoever is refused may try again after this time: places come free when others hang up. */
const retryAfterSeconds = 5;

export const createUpgradeSeats = (
  limits: () => UpgradeLimits,
  onRefusal: (limit: string) => void,
): UpgradeSeats => {
  const byCaller = new Map<string, number>();
  let taken = 0;

  return {
    take: (caller) => {
      const { open, openByCaller } = limits();
      const own = byCaller.get(caller) ?? 0;
      if (own >= openByCaller) {
        onRefusal('upgrades');
        throw gatewayError('rate_limited', { details: { retryAfterSeconds } });
      }
      if (taken >= open) throw gatewayError('overloaded', { details: { retryAfterSeconds } });
      taken += 1;
      byCaller.set(caller, own + 1);
      return () => {
        taken -= 1;
        const left = (byCaller.get(caller) ?? 1) - 1;
        if (left === 0) byCaller.delete(caller);
        else byCaller.set(caller, left);
      };
    },
    taken: () => taken,
  };
};
