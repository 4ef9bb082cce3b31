import type { Condition } from './conditions.ts';
import { conditionsOf } from './conditions.ts';
import type { Question } from './request-facts.ts';
import type { Route } from './route.ts';
import { compareSpecificity } from './specificity.ts';

/** The routes of one path and method that have conditions: which of them takes a request. */
export type Choice = Readonly<{
  choose(question: Question): Route | undefined;
}>;

type Candidate = Readonly<{ route: Route; conditions: readonly Condition[] }>;

/** Candidates that ask for the same things with other values: found by the values, however many they are. */
type Shape = Readonly<{
  /** What the key is made of. */
  keyed: readonly Condition[];
  byValues: Map<string, Candidate[]>;
  all: Candidate[];
}>;

/**
 * `levels`: the routes of each path pattern that covers the path, the longest first. Within a level the one that asks for
 * more comes first. The cost of a choice grows with the number of different shapes of conditions, not with that of routes.
 */
export const createChoice = (levels: readonly (readonly Route[])[]): Choice => {
  const shapes = levels.flatMap(toShapes);

  return {
    choose: (question) => {
      for (const { keyed, byValues, all } of shapes) {
        // A preflight names headers without their values.
        const candidates = question.announced === undefined ? byValues.get(keyOf(keyed, question)) : all;
        const found = candidates?.find(({ conditions }) => meets(conditions, question));
        if (found !== undefined) return found.route;
      }
      return undefined;
    },
  };
};

const meets = (conditions: readonly Condition[], question: Question): boolean =>
  conditions.every((condition) => condition.holds(question));

const toShapes = (routes: readonly Route[]): readonly Shape[] => {
  const shapes = new Map<string, Shape>();
  for (const route of [...routes].sort((a, b) => compareSpecificity(a.settings, b.settings))) {
    const conditions = conditionsOf(route.settings);
    const keyed = conditions.filter(({ value }) => value !== undefined);
    const name = nameOf(conditions);
    const shape: Shape = shapes.get(name) ?? { keyed, byValues: new Map(), all: [] };
    shapes.set(name, shape);

    const candidate = { route, conditions };
    const key = valuesOf(keyed.map(({ value = '' }) => value));
    const others = shape.byValues.get(key);
    if (others === undefined) shape.byValues.set(key, [candidate]);
    else others.push(candidate);
    shape.all.push(candidate);
  }
  return [...shapes.values()];
};

/** Wildcard hosts of one length are one shape: so many labels of the request's host are the key. */
const nameOf = (conditions: readonly Condition[]): string =>
  JSON.stringify(
    conditions.map(({ on, name, value, wants }) => {
      if (value === undefined) return [on, name, wants];
      return on === 'host' ? [on, labelsOf(value)] : [on, name];
    }),
  );

/** 0 for an exact host. */
const labelsOf = (value: string): number => (value.startsWith('.') ? value.split('.').length - 1 : 0);

const keyOf = (keyed: readonly Condition[], question: Question): string =>
  valuesOf(keyed.map((condition) => asked(condition, question)));

const asked = ({ on, name, value }: Condition, question: Question): string => {
  switch (on) {
    case 'host': {
      const labels = labelsOf(value ?? '');
      return labels === 0 ? question.host : `.${question.host.split('.').slice(-labels).join('.')}`;
    }
    case 'header':
      return question.header(name) ?? '';
    case 'query':
      return question.parameter(name) ?? '';
    case 'version':
      return '';
  }
};

/** No value holds a line feed: headers cannot, and a parameter that does meets no condition. */
const valuesOf = (values: readonly string[]): string => values.join('\n');
