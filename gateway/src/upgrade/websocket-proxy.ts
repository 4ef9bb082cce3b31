import { Agent, type ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { createProxyMiddleware } from 'http-proxy-middleware';
import type { ClientSide } from './client-side.ts';

/** What happens to a handshake on its way to the service. */
export type HandshakeEvents = Readonly<{
  /** It is about to be dialled. Listeners that are added now come before those of the proxy. */
  onRequest(request: ClientRequest): void;
  /** Before a `101`: there is none. Later: one of the two connections broke. */
  onError(error: Error): void;
}>;

type ServiceHandshake = Readonly<{
  /** From the registry, never from the request: `http://<address>:<port>`. */
  target: string;
  /** In normal form, with its query. */
  path: string;
  /** All of them. Nothing is taken from the client's own request. */
  headers: Readonly<Record<string, string | string[]>>;
}>;

/** Carries one handshake to a service and, once it has agreed, the bytes of both sides. */
export type WebSocketProxy = (
  handshake: ServiceHandshake,
  client: Readonly<{ socket: Socket; side: ClientSide; first: Buffer }>,
  events: HandshakeEvents,
) => void;

/**
 * The request that the proxy gets to see: ours, made of what passed the rules. (It copies all headers of the request that
 * it is given, and would believe the client's `X-Forwarded-*`.)
 */
class PassedRequest extends IncomingMessage {
  readonly target: string;
  readonly events: HandshakeEvents;

  constructor(socket: Socket, { target, path, headers }: ServiceHandshake, events: HandshakeEvents) {
    super(socket);
    this.method = 'GET';
    this.url = path;
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    Object.assign(this.headers, headers);
    this.target = target;
    this.events = events;
  }
}

/**
 * http-proxy-middleware, for upgrades alone. Its default plugins are ejected: one of them answers failures by itself,
 * in words of its own, before anything else could. So every failure ends here, in `onError`, and none in a crash.
 */
export const createWebSocketProxy = (): WebSocketProxy => {
  const middleware = createProxyMiddleware<PassedRequest>({
    router: ({ target }) => target,
    pathFilter: () => true,
    changeOrigin: true,
    // A connection for each, and one that lets its other direction live when one has ended.
    agent: new Agent({ keepAlive: false, allowHalfOpen: true } as object),
    ejectPlugins: true,
    plugins: [
      (proxy) => {
        proxy.on('proxyReqWs', (request, { events }) => events.onRequest(request));
        proxy.on('error', (error, request) => request?.events.onError(error));
      },
    ],
  });

  return (handshake, { socket, side, first }, events) => {
    middleware.upgrade(new PassedRequest(socket, handshake, events), side as unknown as Socket, first);
  };
};
