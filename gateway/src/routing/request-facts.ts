/** What a route's conditions ask of a request, beside its path and method. Read only where a route has conditions. */
export type RequestFacts = Readonly<{
  /** As the client named it, a port included. */
  host: string | undefined;
  /** By lower-case name; repeated ones joined as Node joins them. */
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** With its `?`, or empty. */
  query: string;
  /** A browser asks for leave: its headers are only named (`Access-Control-Request-Headers`), not there yet. */
  isPreflight: boolean;
}>;

/** The same, in the form that conditions compare; what is expensive is done when it is first asked for. */
export type Question = Readonly<{
  /** In lower case, without port and closing dot; empty if there is none. */
  host: string;
  header(name: string): string | undefined;
  /** Undefined also where the parameter is given more than once: what would it mean? */
  parameter(name: string): string | undefined;
  /** `Accept-Version`, else `?version`. */
  version(): string | undefined;
  /** Names that a preflight announces; undefined if the request is none. */
  announced: ReadonlySet<string> | undefined;
}>;

export const toQuestion = ({ host, headers, query, isPreflight }: RequestFacts): Question => {
  let parameters: URLSearchParams | undefined;

  const header = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : value?.join(', ');
  };
  const parameter = (name: string): string | undefined => {
    if (query.length < 2) return undefined;
    parameters ??= new URLSearchParams(query);
    const values = parameters.getAll(name);
    return values.length === 1 ? values[0] : undefined;
  };

  return {
    host: toPlainHost(host),
    header,
    parameter,
    version: () => header('accept-version') ?? parameter('version'),
    announced: isPreflight ? namesIn(header('access-control-request-headers')) : undefined,
  };
};

const toPlainHost = (host = ''): string => host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');

const namesIn = (list = ''): ReadonlySet<string> =>
  new Set(list.split(',', 100).map((name) => name.trim().toLowerCase()));
