export { can, permissionsOf } from './permissions.ts';
export type { Permission, Principal, Role, ServicePrincipal } from './principal.ts';
export * from './signatures.ts';
