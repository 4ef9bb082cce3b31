export { createForgeToken, type Forgery, type ForgeToken } from './testing/forge-token.ts';
export { createTokenForgeries, type TokenForgeriesOptions } from './testing/token-forgeries.ts';
