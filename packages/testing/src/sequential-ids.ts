/** As `@gatehouse/contracts` has it, which is tested with this package and so cannot be imported here. */
type Ids = Readonly<{ next(): string }>;

/**
 * Ids that a test knows in advance: valid UUIDv7, each greater than the one before.
 * `prefix` (0 to 4095) keeps the ids of two sources apart: 1 gives `01900000-0000-7000-8001-000000000001`, ….
 */
export const sequentialIds = (prefix = 0): Ids => {
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > 0xfff) {
    throw new RangeError(`The prefix of sequential ids is 0 to 4095, not ${prefix}.`);
  }
  const source = prefix.toString(16).padStart(3, '0');
  let count = 0;
  return {
    next() {
      count += 1;
      return `01900000-0000-7000-8${source}-${count.toString(16).padStart(12, '0')}`;
    },
  };
};
