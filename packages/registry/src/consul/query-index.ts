/** `0n` asks without waiting. */
export type QueryIndex = bigint;

export type NextIndex = Readonly<{
  index: QueryIndex;
  /** The server is another one now, or was restored: its state may lack what it knew before. */
  wentBack: boolean;
}>;

/**
 * The index for the next blocking query (Consul's documentation, "Blocking Queries"): below 1 is taken as 1, or the loop
 * would not block at all; one that goes back starts over at 0. An answer without an index cannot be waited on either: 0.
 */
export const nextIndex = (before: QueryIndex, header: string | undefined): NextIndex => {
  if (header === undefined || !/^\d{1,20}$/.test(header)) return { index: 0n, wentBack: false };
  const given = BigInt(header);
  const index = given < 1n ? 1n : given;
  return index < before ? { index: 0n, wentBack: true } : { index, wentBack: false };
};
