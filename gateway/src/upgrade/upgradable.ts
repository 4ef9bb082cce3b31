import { parseTarget } from '../routing/normal-path.ts';
import { compileRoutes, type RouteTable } from '../routing/route-table.ts';

/**
 * Tells whether a route that takes upgrades covers a target. Asked before a request is read, so it says no more than that:
 * which route it is, conditions and all, is found as for any request.
 */
export const createIsUpgradable = (table: () => RouteTable): ((target: string) => boolean) => {
  let known: RouteTable | undefined;
  let upgradable: RouteTable | undefined;

  return (target) => {
    const current = table();
    if (current !== known) {
      known = current;
      upgradable = compileRoutes(current.routes.filter(({ settings }) => settings.upgrade));
    }
    if (upgradable === undefined || upgradable.routes.length === 0) return false;
    try {
      return upgradable.find(parseTarget(target).path) !== undefined;
    } catch {
      return false; // No path at all: refused as any request with it.
    }
  };
};
