import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export type Seen = Readonly<{ line: string; headers: readonly (readonly [string, string])[]; body: string }>;

/**
 * A service that reads sockets, not requests: it counts every request in the bytes that came, by a parser of its own that
 * takes nothing but the plainest framing. What it cannot take apart it keeps in `strange`, so that nothing can be hidden.
 */
export type CountingService = Readonly<{
  port: number;
  seen: Seen[];
  /** Bytes that are no request, or the beginning of one that never ended. */
  strange(): string[];
  connections(): number;
}>;

export const startCountingService = async (): Promise<CountingService> => {
  const seen: Seen[] = [];
  const sockets = new Map<Socket, string>();
  let connections = 0;

  const server = createServer((socket) => {
    connections += 1;
    sockets.set(socket, '');
    socket.setEncoding('latin1').on('error', () => {});
    socket.on('data', (text: string) => {
      let rest = (sockets.get(socket) ?? '') + text;
      for (let taken = takeRequest(rest); taken !== undefined; taken = takeRequest(rest)) {
        rest = rest.slice(taken.bytes);
        seen.push(taken.seen);
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      }
      sockets.set(socket, rest);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets.keys()) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    strange: () => [...sockets.values()].filter((rest) => rest !== ''),
    connections: () => connections,
  };
};

const requestLine = /^[A-Z]+ [\x21-\x7e]+ HTTP\/1\.1$/;
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\t\x20-\x7e\x80-\xff]*)$/;

/** The first request in `text`; undefined if it is not whole, or is none. */
const takeRequest = (text: string): Readonly<{ seen: Seen; bytes: number }> | undefined => {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [line = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  if (!requestLine.test(line)) return undefined;
  const headers: [string, string][] = [];
  for (const each of lines) {
    const [, name, value = ''] = headerLine.exec(each) ?? [];
    if (name === undefined) return undefined;
    headers.push([name.toLowerCase(), value]);
  }
  const body = takeBody(text.slice(headEnd + 4), headers);
  if (body === undefined) return undefined;
  const seen = { line: line.replace(/ HTTP\/1\.1$/, ''), headers, body: body.text };
  return { seen, bytes: headEnd + 4 + body.bytes };
};

const takeBody = (
  text: string,
  headers: readonly (readonly [string, string])[],
): Readonly<{ text: string; bytes: number }> | undefined => {
  const all = (name: string): string[] => headers.filter(([each]) => each === name).map(([, value]) => value);
  const [length = '0', ...lengths] = all('content-length');
  const [coding, ...codings] = all('transfer-encoding');
  if (lengths.length > 0 || codings.length > 0) return undefined;
  if (coding !== undefined) return coding === 'chunked' ? takeChunks(text) : undefined;
  if (!/^\d+$/.test(length) || text.length < Number(length)) return undefined;
  return { text: text.slice(0, Number(length)), bytes: Number(length) };
};

const takeChunks = (text: string): Readonly<{ text: string; bytes: number }> | undefined => {
  let body = '';
  let at = 0;
  for (;;) {
    const [size, hex = ''] = /^([0-9a-f]{1,8})\r\n/i.exec(text.slice(at, at + 10)) ?? [];
    if (size === undefined) return undefined;
    const bytes = Number.parseInt(hex, 16);
    const from = at + size.length;
    if (text.slice(from + bytes, from + bytes + 2) !== '\r\n') return undefined;
    body += text.slice(from, from + bytes);
    at = from + bytes + 2;
    if (bytes === 0) return { text: body, bytes: at };
  }
};
