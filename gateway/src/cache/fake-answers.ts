import type { AnswersEvents, Looked, SharedAnswers } from './shared-answers.ts';

type Behaviour = 'answers' | 'hangs' | 'fails';

/** A shared store in memory without bounds, for tests of what happens when it goes. What hangs is answered later. */
export const createFakeAnswers = () => {
  const paths = new Map<
    string,
    { mark: string; names: Map<string, readonly string[]>; values: Map<string, Buffer> }
  >();
  const hanging: (() => void)[] = [];
  let behaviour: Behaviour = 'answers';
  let events: AnswersEvents | undefined;
  let isReady = false;
  let marks = 0;
  let asked = 0;
  let isClosed = false;

  const at = (path: string) => {
    const known = paths.get(path) ?? { mark: '', names: new Map(), values: new Map() };
    paths.set(path, known);
    return known;
  };

  const answer = async <T>(work: () => T): Promise<T> => {
    asked += 1;
    if (behaviour === 'hangs') await new Promise<void>((resolve) => hanging.push(resolve));
    if (behaviour === 'fails') throw new Error('OOM command not allowed, when used memory > maxmemory');
    return work();
  };

  const forget = (path: string): void => {
    marks += 1;
    paths.set(path, { mark: `${marks}`, names: new Map(), values: new Map() });
  };

  const answers: SharedAnswers = {
    look: ({ path, entry }, variant) =>
      answer((): Looked => {
        const { mark, names, values } = at(path);
        return { mark, varyNames: names.get(entry), bytes: values.get(`${entry} ${variant}`) };
      }),
    keep: ({ path, entry }, { mark, variant, varyNames, bytes }) =>
      answer(() => {
        const known = at(path);
        if (known.mark !== mark) return 0;
        known.names.set(entry, varyNames);
        known.values.set(`${entry} ${variant}`, bytes);
        return bytes.length;
      }),
    forget: (path) => answer(() => forget(path)),
    forgetAll: () => answer(() => [...paths.keys()].forEach(forget)),
    isReady: () => isReady,
    close: () => {
      isClosed = true;
    },
  };

  return {
    connect: (given: AnswersEvents): SharedAnswers => {
      events = given;
      return answers;
    },
    becomeReady: (): void => {
      isReady = true;
      events?.onReady();
    },
    lose: (cause: string): void => {
      isReady = false;
      events?.onLost(cause);
    },
    behave: (next: Behaviour): void => {
      behaviour = next;
      if (next !== 'hangs') for (const resume of hanging.splice(0)) resume();
    },
    asked: () => asked,
    isClosed: () => isClosed,
  };
};
