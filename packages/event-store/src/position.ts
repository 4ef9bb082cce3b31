/**
 * A place in the order of all events: `<xid>:<seq>`, the writing transaction's id and the event's number. Both parts are
 * needed: by number alone a reader loses what commits late. Opaque to everyone but `comparePositions`.
 */
export type Position = string;

/** Negative when `a` is before `b`, 0 when they are the same, positive when it is after. */
export const comparePositions = (a: Position, b: Position): number => {
  const [first, second] = [parsePosition(a), parsePosition(b)];
  return compare(first.xid, second.xid) || compare(first.seq, second.seq);
};

/** The one of two that comes later. */
export const laterOf = (a: Position, b: Position): Position => (comparePositions(a, b) < 0 ? b : a);

/** The two parts as numbers; throws on anything that is no position. */
export const parsePosition = (position: Position): Readonly<{ xid: bigint; seq: bigint }> => {
  const match = /^(\d{1,20}):(\d{1,19})$/.exec(position);
  if (match === null) throw new TypeError(`"${position}" is no position`);
  return { xid: BigInt(match[1] as string), seq: BigInt(match[2] as string) };
};

/** Before the first event. */
export const startPosition: Position = '0:0';

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
