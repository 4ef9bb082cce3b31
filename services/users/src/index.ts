export { type UsersSettings, usersSettings } from './config.ts';
export { usersService } from './users-service.ts';
