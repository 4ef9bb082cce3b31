/** What a service sent is no HTTP/1.1 answer, or one that could be read in two ways. */
export class AnswerError extends Error {
  readonly code = 'UPSTREAM_ANSWER';
}
