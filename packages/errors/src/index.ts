export {
  AppError,
  type ErrorDetails,
  type ErrorKind,
  errorKinds,
  type FieldError,
  isAppError,
  toAppError,
} from './app-error.ts';
export { defineErrors, type ErrorFactory, type ErrorOptions, type ErrorTable } from './define-errors.ts';
