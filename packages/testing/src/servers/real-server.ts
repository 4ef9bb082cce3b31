export type ServerName = 'rabbitmq' | 'consul' | 'redis' | 'postgres';

/**
 * A private server of a test: own ports on loopback, own folder, own name, so that any number of them run side by side.
 * Whatever becomes of the process that started it (Ctrl-C, SIGKILL), the server is ended and its folder removed.
 */
export type RealServer = Readonly<{
  name: ServerName;
  /** With the user and password where there is one: `amqp://…`, `http://…`, `redis://…`, `postgres://…`. */
  url: string;
  port: number;
  /** Of the server now; another one after a restart. */
  pid(): number;
  /** A clean shutdown; after its time limit SIGKILL. Nothing when it is down already. */
  stop(): Promise<void>;
  /** SIGKILL. The port refuses connections when this is done. */
  kill(): Promise<void>;
  /** SIGSTOP: the port still accepts connections, and nobody answers. Resolves when all of it stands still. */
  freeze(): Promise<void>;
  thaw(): void;
  /** On the same port and data: stops it when it runs, and waits until it answers again. */
  restart(): Promise<void>;
  /** Ends it and removes its data. Safe to call twice. */
  dispose(): Promise<void>;
}>;

export type ServerOptions = Readonly<{
  /** Exactly this port; without it, any free one below those that outgoing connections take. */
  port?: number;
}>;
