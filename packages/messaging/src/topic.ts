/**
 * Whether an AMQP 0-9-1 topic pattern matches a routing key: words between dots, `*` is exactly one word, `#` any number
 * of words, none too. Costs at most words × words of the pattern, whatever the pattern.
 */
export const matchesTopic = (pattern: string, routingKey: string): boolean => {
  const words = routingKey.split('.');
  // reachable[i]: the pattern so far can have used up exactly i words
  let reachable = words.map(() => false);
  reachable.unshift(true);
  for (const part of pattern.split('.')) {
    reachable = part === '#' ? spread(reachable) : step(reachable, (i) => part === '*' || part === words[i]);
  }
  return reachable[words.length] === true;
};

const spread = (reachable: readonly boolean[]): boolean[] => {
  const first = reachable.indexOf(true);
  return reachable.map((_, i) => first !== -1 && i >= first);
};

const step = (reachable: readonly boolean[], fits: (word: number) => boolean): boolean[] =>
  reachable.map((_, i) => i > 0 && reachable[i - 1] === true && fits(i - 1));
