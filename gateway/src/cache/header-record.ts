/** Headers by their lower-case names, several of one name joined: what caching rules are read from. */
export type HeaderRecord = Readonly<Record<string, string>>;

/** From a flat list of names and values, beginning at `from`. Has no prototype: a header may be called anything. */
export const toHeaderRecord = (list: readonly string[], from = 0): HeaderRecord => {
  const record: Record<string, string> = Object.create(null);
  for (let index = from; index < list.length; index += 2) {
    const name = (list[index] as string).toLowerCase();
    const value = list[index + 1] as string;
    const known = record[name];
    record[name] = known === undefined ? value : `${known}, ${value}`;
  }
  return record;
};
