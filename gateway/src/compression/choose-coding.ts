export type Coding = 'br' | 'zstd' | 'gzip';

/** What a client would take. `identityAllowed` false: an answer without a coding is not acceptable to it. */
export type CodingChoice = Readonly<{ coding: Coding | undefined; identityAllowed: boolean }>;

/** Where a client likes several as much: the smallest answers first. */
const preference: readonly Coding[] = ['br', 'zstd', 'gzip'];

const element = /^\s*([!#$%&'*+.^_`|~0-9a-z-]+)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/;

/**
 * Chooses by RFC 9110 §12.5.3: the coding of the highest weight, none if the client likes `identity` better, none if it
 * says nothing. An element that is malformed counts as not there.
 */
export const chooseCoding = (acceptEncoding: string | undefined): CodingChoice => {
  if (acceptEncoding === undefined) return { coding: undefined, identityAllowed: true };
  const weights = readWeights(acceptEncoding);
  const others = weights.get('*');

  let coding: Coding | undefined;
  let best = 0;
  for (const candidate of preference) {
    const weight = weights.get(candidate) ?? others ?? 0;
    if (weight <= best) continue;
    coding = candidate;
    best = weight;
  }
  // Unlisted, it is acceptable, but nobody asked for it; `*` says how much only by shutting it out.
  const identity = weights.get('identity') ?? (others === 0 ? 0 : undefined);
  if (identity !== undefined && identity > best) coding = undefined;
  return { coding, identityAllowed: identity !== 0 };
};

const readWeights = (acceptEncoding: string): ReadonlyMap<string, number> => {
  const weights = new Map<string, number>();
  for (const part of acceptEncoding.toLowerCase().split(',')) {
    const [, name, weight = '1'] = element.exec(part) ?? [];
    // `x-gzip` is an old name of gzip (§8.4.1.3).
    if (name !== undefined) weights.set(name === 'x-gzip' ? 'gzip' : name, Number(weight));
  }
  return weights;
};
