export { type UsersSettings, usersSettings } from './config.ts';
export { usersEnvironment } from './environment.ts';
export { usersService } from './users-service.ts';
