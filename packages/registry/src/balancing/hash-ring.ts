/** Places of members on a circle of 2^32 points; a key belongs to the next place from its own point on. */
export type HashRing = Readonly<{
  /** How many places there are. */
  size: number;
  /** The first place from `hash` on. */
  find(hash: number): number;
  /** Which member (its number in the list) has a place. */
  ownerAt(place: number): number;
}>;

type Member = Readonly<{ id: string; weight: number }>;

/** Enough for shares that differ by about a tenth. */
const placesPerWeight = 100;
const mostPlaces = 1000;

/**
 * A member's places follow from its id and weight alone: who comes takes keys from the others and nobody else moves, who
 * goes leaves its keys to the others. Building costs n log n, finding log n; at most 1 000 places (8 bytes each) a member.
 */
export const createHashRing = (members: readonly Member[]): HashRing => {
  // Point and owner in one number, so that they are sorted together: 32 bits and up to 21.
  const owners = 2 ** Math.ceil(Math.log2(Math.max(2, members.length)));
  const packed = members.flatMap(({ id, weight }, owner) => {
    const seed = hashOf(id);
    const places = Math.min(mostPlaces, Math.max(1, Math.round(weight * placesPerWeight)));
    return Array.from({ length: places }, (_, place) => pointOf(seed, place) * owners + owner);
  });
  const circle = Float64Array.from(packed).sort();
  const size = circle.length;

  return {
    size,
    find: (hash) => {
      const wanted = hash * owners;
      let low = 0;
      let high = size;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((circle[middle] as number) < wanted) low = middle + 1;
        else high = middle;
      }
      return low === size ? 0 : low;
    },
    ownerAt: (place) => (circle[place] as number) % owners,
  };
};

/** 32 bits of FNV-1a, then mixed, so that similar keys are far apart. */
export const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mix(hash);
};

const pointOf = (seed: number, place: number): number => mix(seed + Math.imul(place + 1, 0x9e3779b1));

/** The last step of MurmurHash3: every bit of the input changes half of the output's. */
export const mix = (value: number): number => {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};
