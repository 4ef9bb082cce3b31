import { sql } from 'kysely';

/** A share of the subjects: each subject is in one of `of` partitions, numbered from 0. */
export type Partition = Readonly<{ index: number; of: number }>;

export const partitions = (of: number): readonly Partition[] =>
  Array.from({ length: of }, (_, index) => ({ index, of }));

/**
 * Whether an outbox row `o` is of this partition. A subject's partition may change with their number, while instances of two
 * versions run: both then send it, each in its order, and the inbox recognises the repeats.
 */
export const isInPartition = ({ index, of }: Partition) =>
  of === 1
    ? sql<boolean>`true`
    : sql<boolean>`(hashtext(o.subject) & 2147483647) % ${sql.lit(of)} = ${sql.lit(index)}`;
