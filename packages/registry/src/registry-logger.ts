/** The part of pino that registries use. */
export type RegistryLogger = Readonly<{
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}>;

export const silentLogger: RegistryLogger = { info: () => {}, warn: () => {} };
