import { holds, permissionsOf } from '@gatehouse/auth';
import type { RoleHolds } from '../../domain/api-key.ts';

export const roleHolds: RoleHolds = (role, scope) => holds(permissionsOf(role), scope);
