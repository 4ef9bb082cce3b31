/** The part of pino that messaging uses. */
export type MessagingLogger = Readonly<{
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}>;

export const silentLogger: MessagingLogger = { info: () => {}, warn: () => {}, error: () => {} };
