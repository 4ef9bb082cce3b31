import type { Connection } from './connection.ts';
import type { AnswerHandler, OutgoingRequest, RequestControl } from './outgoing-request.ts';
import type { RequestHead } from './request-head.ts';

/** One request on its way. Has a connection from when it is written until it is over. */
export class Call implements RequestControl {
  readonly method: string;
  readonly body: OutgoingRequest['body'];
  readonly head: RequestHead;
  readonly handler: AnswerHandler;
  connection: Connection | undefined = undefined;

  constructor(request: OutgoingRequest, head: RequestHead, handler: AnswerHandler) {
    this.method = request.method;
    this.body = request.body;
    this.head = head;
    this.handler = handler;
  }

  abort(): void {
    this.connection?.abort();
  }

  pause(): void {
    this.connection?.pause();
  }

  resume(): void {
    this.connection?.resume();
  }
}
