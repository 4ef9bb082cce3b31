import type { RouteSettings } from '../config/route-settings.ts';
import { createVersionTest } from './asked-version.ts';
import type { Question } from './request-facts.ts';

/** One thing that a route asks of a request, beside path and method. */
export type Condition = Readonly<{
  on: 'host' | 'header' | 'query' | 'version';
  name: string;
  /** For people: what the request would have to be like. */
  wants: string;
  /** The exact value, where there is one; for hosts what stands behind the `*` of a wildcard. */
  value: string | undefined;
  holds(question: Question): boolean;
}>;

/** Longer header values match no pattern: what strangers send must not keep a pattern busy. */
const longestMatched = 256;

/** Everything that a route asks beside path and method, in a fixed order: host, headers and parameters by name, version. */
export const conditionsOf = (settings: RouteSettings): readonly Condition[] => [
  ...(settings.host === undefined ? [] : [onHost(settings.host)]),
  ...byName(settings.headers).map(([name, condition]) => onHeader(name, condition)),
  ...byName(settings.query).map(([name, value]) => onQuery(name, value)),
  ...(settings.version === undefined ? [] : [onVersion(settings.version)]),
];

const byName = <T>(record: Readonly<Record<string, T>>): readonly (readonly [string, T])[] =>
  Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));

const onHost = (pattern: string): Condition => {
  const suffix = pattern.startsWith('*.') ? pattern.slice(1) : undefined;
  return {
    on: 'host',
    name: 'host',
    wants: `its host is ${pattern}`,
    value: suffix ?? pattern,
    holds: ({ host }) =>
      suffix === undefined ? host === pattern : host.length > suffix.length && host.endsWith(suffix),
  };
};

const onHeader = (name: string, condition: RouteSettings['headers'][string]): Condition => {
  if (typeof condition === 'string')
    return {
      ...{ on: 'header', name, value: condition, wants: `header ${name} is "${condition}"` },
      holds: (question) => isAnnounced(question, name) || question.header(name) === condition,
    };
  if ('present' in condition)
    return {
      ...{ on: 'header', name, value: undefined },
      wants: `header ${name} is ${condition.present ? 'there' : 'not there'}`,
      holds: (question) =>
        (isAnnounced(question, name) || question.header(name) !== undefined) === condition.present,
    };
  const pattern = new RegExp(condition.regex, 'v');
  return {
    ...{ on: 'header', name, value: undefined, wants: `header ${name} matches ${condition.regex}` },
    holds: (question) => {
      const value = question.header(name);
      return (
        isAnnounced(question, name) ||
        (value !== undefined && value.length <= longestMatched && pattern.test(value))
      );
    },
  };
};

const isAnnounced = ({ announced }: Question, name: string): boolean => announced?.has(name) === true;

const onQuery = (name: string, value: string): Condition => ({
  ...{ on: 'query', name, value, wants: `parameter ${name} is "${value}", once` },
  holds: (question) => question.parameter(name) === value,
});

const onVersion = (range: string): Condition => {
  const isContent = createVersionTest(range);
  return {
    ...{ on: 'version', name: 'version', value: undefined },
    wants: `it asks for a version within ${range} (Accept-Version, else ?version)`,
    holds: (question) => isAnnounced(question, 'accept-version') || isContent(question.version()),
  };
};
