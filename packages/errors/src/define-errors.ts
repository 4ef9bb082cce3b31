import { AppError, type ErrorDetails, type ErrorKind } from './app-error.ts';

export type ErrorTable = Readonly<Record<string, readonly [kind: ErrorKind, message: string]>>;

export type ErrorOptions = Readonly<{ message?: string; details?: ErrorDetails; cause?: unknown }>;

/** Makes the errors of one area. Its `table` lets a test hold `docs/reference/errors.md` against the code. */
export type ErrorFactory<Table extends ErrorTable> = ((
  code: keyof Table & string,
  options?: ErrorOptions,
) => AppError) & { readonly table: Table };

/**
 * Declares the errors of one area: each code once, with its kind and what a person reads.
 *
 * @example
 * export const orderError = defineErrors({ order_empty: ['conflict', 'An order needs at least one item.'] });
 * throw orderError('order_empty', { details: { orderId } });
 */
export const defineErrors = <const Table extends ErrorTable>(table: Table): ErrorFactory<Table> => {
  const create = (code: keyof Table & string, options: ErrorOptions = {}): AppError => {
    const [kind, message] = table[code] as readonly [ErrorKind, string];
    return new AppError({ code, kind, message: options.message ?? message, ...withoutMessage(options) });
  };
  return Object.assign(create, { table });
};

const withoutMessage = ({ details, cause }: ErrorOptions): { details?: ErrorDetails; cause?: unknown } => ({
  ...(details === undefined ? {} : { details }),
  ...(cause === undefined ? {} : { cause }),
});
