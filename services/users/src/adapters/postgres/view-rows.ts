import type { UserView } from '../../application/queries/user-view.ts';

export type ViewRow = Readonly<{
  id: string;
  email: string;
  first_name: string;
  last_name: string;
  full_name: string;
  role: UserView['role'];
  status: UserView['status'];
  is_active: boolean;
  email_verified: boolean;
  created_at: Date;
  last_login_at: Date | null;
  version: number;
}>;

export const toUserView = (row: ViewRow): UserView => ({
  id: row.id,
  email: row.email,
  firstName: row.first_name,
  lastName: row.last_name,
  fullName: row.full_name,
  role: row.role,
  status: row.status,
  isActive: row.is_active,
  emailVerified: row.email_verified,
  createdAt: row.created_at.toISOString(),
  lastLoginAt: row.last_login_at?.toISOString() ?? null,
  version: row.version,
});
