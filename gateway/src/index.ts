export { createAdminApp } from './admin/admin-app.ts';
export { createGateway, type FallbackParts, type Gateway, type GatewayDeps } from './app.ts';
export type { ReloadAttempt, ReloadReport } from './config/config-reloads.ts';
export type { GatewayConfig } from './config/gateway-config.ts';
export { loadGatewayConfig } from './config/load-config.ts';
export { parseGatewayConfig } from './config/parse-config.ts';
export type { RouteSettings } from './config/route-settings.ts';
export { gatewayServersEnvironment } from './config/servers-environment.ts';
export { type GatewaySettings, gatewayEnvironment, parseGatewaySettings } from './config/settings.ts';
export type { Fallback } from './front-door.ts';
export { gatewayError } from './gateway-error.ts';
export type {
  GatewayInspection,
  RateLimitReport,
  RouteQuestion,
  ServiceReport,
} from './inspection.ts';
export type { RouteExplanation, RouteVerdict } from './routing/explain-route.ts';
export { type GatewayParts, type RunningGateway, startGateway } from './start-gateway.ts';
