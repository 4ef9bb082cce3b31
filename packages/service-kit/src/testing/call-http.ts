/** What a test asks for beside method and path. */
export type Asked = Readonly<{
  /** Somebody who signed in. */
  as?: Readonly<{ token: string }> | undefined;
  /** Any other bearer token; `as` goes before it. */
  token?: string | undefined;
  /** Sent as JSON; a string as it is. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}>;

/** `json` is the whole body, `data` and `meta` are of its envelope; undefined when there is none. */
export type Answer = Readonly<{
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at JSON as it came
  json: any;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at JSON as it came
  data: any;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at JSON as it came
  meta: any;
}>;

/** A real request over the network, its answer read to the end. */
export const callHttp = async (method: string, url: string, asked: Asked = {}): Promise<Answer> => {
  const { as, body, headers } = asked;
  const token = as?.token ?? asked.token;
  const response = await fetch(url, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...withLowerCaseNames(headers),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = parseJson(text);
  return {
    status: response.status,
    headers: response.headers,
    text,
    json,
    data: json?.data,
    meta: json?.meta,
  };
};

/** So that a header of the test takes the place of ours, however it is spelled. */
const withLowerCaseNames = (headers: Readonly<Record<string, string>> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

// biome-ignore lint/suspicious/noExplicitAny: what `Answer` hands on
const parseJson = (text: string): any => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
