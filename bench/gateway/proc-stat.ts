import { readdirSync, readFileSync } from 'node:fs';

/** What `/proc` counts CPU time in: USER_HZ, 100 on every Linux that Node runs on. */
const tickMs = 10;

/** CPU times of the whole machine since it started, in milliseconds of one core. */
export type MachineTimes = Readonly<{
  /** Everything but idling, waiting for disks and what the hypervisor took. */
  busyMs: number;
  /** Taken by the hypervisor for others. */
  stolenMs: number;
}>;

export type ProcessTimes = Readonly<{
  parent: number;
  /** With those of children that ended and were waited for. */
  spent: CpuTimes;
}>;

export type CpuTimes = Readonly<{
  /** In user and kernel mode. */
  allMs: number;
  kernelMs: number;
}>;

const nothing: CpuTimes = { allMs: 0, kernelMs: 0 };
const add = (one: CpuTimes, other: CpuTimes): CpuTimes => ({
  allMs: one.allMs + other.allMs,
  kernelMs: one.kernelMs + other.kernelMs,
});

/** Reads the first line of `/proc/stat`. */
export const parseMachine = (text: string): MachineTimes => {
  const line = text.slice(0, text.indexOf('\n'));
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return { busyMs: (user + nice + system + irq + softirq) * tickMs, stolenMs: steal * tickMs };
};

/** Reads a `/proc/<pid>/stat`. The name in brackets may hold anything, so counting starts behind the last one. */
export const parseProcess = (text: string): ProcessTimes => {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (number: number): number => Number(fields[number - 3]);
  const kernelMs = (at(15) + at(17)) * tickMs;
  return { parent: at(4), spent: { allMs: (at(14) + at(16)) * tickMs + kernelMs, kernelMs } };
};

/** `undefined` once the process has gone. */
const readStat = (pid: number): ProcessTimes | undefined => {
  try {
    return parseProcess(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
};

export const readMachine = (): MachineTimes => parseMachine(readFileSync('/proc/stat', 'utf8'));

const readAll = (): Map<number, ProcessTimes> => {
  const all = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const times = Number.isInteger(pid) ? readStat(pid) : undefined;
    if (times !== undefined) all.set(pid, times);
  }
  return all;
};

/** What the tree under each of `roots` spent, children that ended included. */
export const treeTimes = (
  roots: readonly number[],
  all: ReadonlyMap<number, ProcessTimes> = readAll(),
): CpuTimes[] => {
  const childrenOf = Map.groupBy(all.keys(), (pid) => all.get(pid)?.parent ?? 0);
  const sum = (pid: number): CpuTimes =>
    (childrenOf.get(pid) ?? []).reduce(
      (total, child) => add(total, sum(child)),
      all.get(pid)?.spent ?? nothing,
    );
  return roots.map(sum);
};

/** CPU milliseconds of this process and of the children that it has waited for: the harness and `wrk`, not the living. */
export const harnessTimes = (): number => readStat(process.pid)?.spent.allMs ?? 0;

/** Resident memory in MB of the tree under `root`; what its processes share is counted in each. */
export const residentMb = (root: number): number => {
  const childrenOf = Map.groupBy(readAll(), ([, { parent }]) => parent);
  const sum = (pid: number): number =>
    (childrenOf.get(pid) ?? []).reduce((total, [child]) => total + sum(child), residentKb(pid));
  return Math.round(sum(root) / 1024);
};

const residentKb = (pid: number): number => {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
};
