/** Bytes that a client may send (latin1), and what the RFC that is named asks the gateway to do with them. */
export type WireCase = Readonly<{
  name: string;
  rule: string;
  bytes: string;
  /** Statuses of the answers, in their order. */
  answers: readonly number[];
  /** `code` of the last answer, if that is a problem. */
  code?: string;
  /**
   * Whether nothing that follows on the connection may be taken for a request. Whatever it is, the suite sends one: it
   * has to be answered if the connection stays, and must not be seen by anybody if it goes.
   */
  closes: boolean;
  /** What reaches the service, in its order; nothing else may. */
  arrives: readonly Arrival[];
}>;

export type Arrival = Readonly<{
  line: string;
  body?: string;
  /** Values that its headers must have; undefined: must not be there. */
  headers?: Readonly<Record<string, string | undefined>>;
}>;

export const get = (...headers: readonly string[]): string =>
  ['GET /api/x HTTP/1.1', 'Host: a', ...headers, '', ''].join('\r\n');

export const post = (headers: readonly string[], body: string): string =>
  ['POST /api/x HTTP/1.1', 'Host: a', ...headers, '', body].join('\r\n');

/** A request with this line and a sound Host. */
export const line = (text: string): string => `${text}\r\nHost: a\r\n\r\n`;

/** Framing that is broken: one 400, then the end, and not a byte for the service. */
export const broken = (name: string, rule: string, bytes: string): WireCase =>
  refused(name, rule, bytes, 400, 'malformed_request');

export const refused = (
  ...[name, rule, bytes, status, code]: [string, string, string, number, string]
): WireCase => ({ name, rule, bytes, answers: [status], code, closes: true, arrives: [] });

/** A refusal after which the connection goes on. */
export const declined = (
  ...[name, rule, bytes, status, code]: [string, string, string, number, string]
): WireCase => ({ name, rule, bytes, answers: [status], code, closes: false, arrives: [] });

/** Sound, if odd: it arrives once, and the connection goes on. */
export const passes = (
  name: string,
  rule: string,
  bytes: string,
  arrival: Partial<Arrival> = {},
): WireCase => ({
  name,
  rule,
  bytes,
  answers: [200],
  closes: false,
  arrives: [{ line: bytes.startsWith('POST') ? 'POST /api/x' : 'GET /api/x', ...arrival }],
});
