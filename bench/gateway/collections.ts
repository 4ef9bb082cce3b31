/** What the garbage collector did, by the lines that `node --trace-gc-nvp` writes. */
export type Collections = Readonly<{
  /** Bytes that were taken from the heap between collections. */
  allocated: number;
  /** Bytes that young collections found in use, of those that were new or had survived once. */
  survived: number;
  pausedMs: number;
  young: number;
  others: number;
}>;

type Traced = Readonly<{
  gc: string;
  pause: number;
  allocated: number;
  promoted: number;
  new_space_survived: number;
}>;

const mark = ' GC: {';

/** Lines of other things are passed over, and so is one that was cut. */
export const readCollections = (log: string): Collections => {
  const sum = { allocated: 0, survived: 0, pausedMs: 0, young: 0, others: 0 };
  for (const line of log.split('\n')) {
    const traced = parseLine(line);
    if (traced === undefined) continue;
    sum.allocated += traced.allocated;
    sum.pausedMs += traced.pause;
    if (traced.gc === 's') {
      sum.young += 1;
      sum.survived += traced.new_space_survived + traced.promoted;
    } else sum.others += 1;
  }
  return sum;
};

const parseLine = (line: string): Traced | undefined => {
  const at = line.indexOf(mark);
  if (at === -1 || !line.endsWith('}')) return undefined;
  return JSON.parse(line.slice(at + mark.length - 1)) as Traced;
};
