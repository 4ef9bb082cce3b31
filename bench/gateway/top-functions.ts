/** What V8 writes with `--cpu-prof`, as far as it is used here. Times in microseconds of the monotonic clock. */
export type CpuProfile = Readonly<{
  startTime: number;
  nodes: readonly ProfileNode[];
  samples: readonly number[];
  timeDeltas: readonly number[];
}>;

type ProfileNode = Readonly<{
  id: number;
  callFrame: Readonly<{ functionName: string; url: string; lineNumber: number }>;
}>;

export type FunctionTime = Readonly<{ place: string; selfUs: number; share: number }>;

/**
 * Where the time between `fromUs` and `toUs` went, function by function, the most expensive first. Idling is left out, also
 * of the shares.
 */
export const topFunctions = (profile: CpuProfile, fromUs: number, toUs: number): readonly FunctionTime[] => {
  const placeOf = new Map(profile.nodes.map((node) => [node.id, toPlace(node)]));
  const selfUs = new Map<string, number>();
  let atUs = profile.startTime;
  let totalUs = 0;
  // The time after a sample belongs to it, so each delta is that of the sample before.
  for (const [index, id] of profile.samples.entries()) {
    atUs += profile.timeDeltas[index] ?? 0;
    const lastsUs = profile.timeDeltas[index + 1] ?? 0;
    const place = placeOf.get(id) ?? '(unknown)';
    if (atUs < fromUs || atUs >= toUs || place === '(idle)') continue;
    selfUs.set(place, (selfUs.get(place) ?? 0) + lastsUs);
    totalUs += lastsUs;
  }
  return [...selfUs]
    .map(([place, us]) => ({ place, selfUs: us, share: us / totalUs }))
    .sort((a, b) => b.selfUs - a.selfUs);
};

const toPlace = ({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string => {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  return `${name} ${shorten(url)}:${lineNumber + 1}`;
};

/** From the repository's root, or from the package. */
const shorten = (url: string): string =>
  url.replace(/^.*\/node_modules\//, '').replace(new URL('../../', import.meta.url).href, '');
