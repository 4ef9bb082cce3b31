import { type Question, type RequestFacts, toQuestion } from './request-facts.ts';
import type { Route } from './route.ts';
import { type MethodTable, toAllow } from './route-table.ts';

/** Which route takes a request, at a path where some routes have conditions (`choices`). */
export const chooseRoute = (found: MethodTable, method: string, facts: RequestFacts): Route | undefined =>
  choose(found, method, toQuestion(facts));

/**
 * The methods that such a request could have used at this path, as in `Allow`. Undefined: conditions keep every route from
 * it, so it is as if the path were not there (404).
 */
export const allowedAt = (found: MethodTable, facts: RequestFacts): string | undefined => {
  const { routes, choices } = found;
  if (choices === undefined) return found.allow;
  const question = toQuestion(facts);
  const chosen = [...choices.keys()].filter((method) => choose(found, method, question) !== undefined);
  const methods = [...routes.keys(), ...chosen];
  return methods.length === 0 ? undefined : toAllow(methods);
};

const choose = ({ routes, choices }: MethodTable, method: string, question: Question): Route | undefined =>
  routes.get(method) ?? choices?.get(method)?.choose(question);
