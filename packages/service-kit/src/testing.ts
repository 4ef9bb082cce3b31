export type { Answer, Asked } from './testing/call-http.ts';
export { type ReceivedSpan, startOtlpReceiver } from './testing/otlp-receiver.ts';
export { startServiceForTests } from './testing/start-service-for-tests.ts';
export type { TestUser } from './testing/test-users.ts';
