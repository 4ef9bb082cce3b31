import type { IncomingMessage, ServerResponse } from 'node:http';

const onePost = /^\/api\/posts\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\?|$)/i;

/**
 * The plugin's middleware: a post that is read by its id says where its comments are, `Link: </api/comments?postId=…>;
 * rel="replies"` (RFC 8288, relation of RFC 4685). Only an answer that shows the post does.
 */
export const commentsLink = (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
  const [, postId] = request.method === 'GET' ? (onePost.exec(request.url ?? '') ?? []) : [];
  if (postId !== undefined) linkWhenShown(response, `/api/comments?postId=${postId.toLowerCase()}`);
  next();
};

const linkWhenShown = (response: ServerResponse, address: string): void => {
  const writeHead = response.writeHead;
  response.writeHead = ((status: number, ...rest: unknown[]) => {
    if (status === 200 || status === 304) {
      response.appendHeader('Link', `<${address}>; rel="replies"`);
    }
    return Reflect.apply(writeHead, response, [status, ...rest]);
  }) as typeof response.writeHead;
};
