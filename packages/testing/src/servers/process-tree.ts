import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process and all below it. PostgreSQL's processes are not in one group: each client's has its own. */
export const listTree = (root: number): readonly number[] => {
  const parents = process.platform === 'linux' ? readParents() : askParents();
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  }
  return tree;
};

/** The processes of a group, on Linux; elsewhere the first of them alone. */
export const listGroup = (group: number): readonly number[] =>
  process.platform === 'linux' ? listAll().filter((pid) => statOf(`${pid}`)[2] === `${group}`) : [group];

type Parents = ReadonlyMap<number, number>;

const readParents = (): Parents =>
  new Map(listAll().map((pid) => [pid, Number(statOf(`${pid}`)[1] ?? 0)] as const));

const listAll = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** State, parent, group of a process (`<pid>`) or of a thread (`<pid>/task/<id>`); nothing when it has ended. Linux alone. */
export const statOf = (path: string): readonly string[] => {
  try {
    const stat = readFileSync(`/proc/${path}/stat`, 'utf8');
    // After the name, which is in brackets and may hold anything.
    return stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(0, 3);
  } catch {
    return [];
  }
};

const askParents = (): Parents =>
  new Map(
    execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]),
  );
