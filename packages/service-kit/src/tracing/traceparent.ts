/** What a `traceparent` header says (W3C Trace Context §3.2). */
export type TraceParent = Readonly<{ traceId: string; spanId: string; sampled: boolean }>;

const form = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * Reads a `traceparent`; undefined if it is none, so that its trace is not continued (§2.3). A version above ours may go
 * on after the flags, ours may not. Of the flags only `sampled` means anything to us.
 */
export const parseTraceparent = (header: string | undefined): TraceParent | undefined => {
  if (header === undefined) return undefined;
  const [, version, traceId, spanId, flags, more] = form.exec(header) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
};

/** In version 00, which everybody reads. Flags that mean nothing to us are zero, as that version asks for. */
export const formatTraceparent = (traceId: string, spanId: string, sampled: boolean): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;

/** Of one that was made here. */
export const isSampled = (traceparent: string): boolean => traceparent.endsWith('1');

/** Of one that was made here. */
export const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35);
