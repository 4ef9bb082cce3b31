import semver from 'semver';

const pattern = /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9})(-[0-9A-Za-z.-]{1,64})?)?$/;

/** How many answers are remembered for each range: versions are asked for by strangers. */
const remembered = 256;

/**
 * Whether a request that asks for a version is content with `range`. It may ask for a part (`2`, `2.1`): then with any
 * that begins so. What is no version is asked for in vain.
 */
export const createVersionTest = (range: string): ((asked: string | undefined) => boolean) => {
  const known = new Map<string, boolean>();

  return (asked) => {
    if (asked === undefined) return false;
    let answer = known.get(asked);
    if (answer !== undefined) return answer;
    answer = isContent(asked, range);
    if (known.size >= remembered) known.clear();
    if (asked.length <= 64) known.set(asked, answer);
    return answer;
  };
};

const isContent = (asked: string, range: string): boolean => {
  const [whole, major, minor, patch] = pattern.exec(asked) ?? [];
  if (whole === undefined) return false;
  if (patch !== undefined) return semver.satisfies(asked, range);
  return semver.intersects(`${major}.${minor ?? 'x'}.x`, range);
};
