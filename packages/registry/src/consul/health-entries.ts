import { isIP } from 'node:net';
import type { Health, Instance, InstanceReport } from '../registry.ts';
import { registryError } from '../registry-error.ts';

/** What Consul says of a service: what can be dialled, and the ids of what cannot. */
export type HealthEntries = Readonly<{ reports: readonly InstanceReport[]; refused: readonly string[] }>;

/**
 * Reads `/v1/health/service/:name`. An address that is no IP is refused: what we dial never needs DNS (a silent one costs
 * 10 s a look-up). Sorted by id, so that the same instances are the same list.
 */
export const toHealthEntries = (body: unknown): HealthEntries => {
  if (!Array.isArray(body))
    throw registryError('registry_unavailable', { details: { reason: 'an answer that is not from Consul' } });
  const reports: InstanceReport[] = [];
  const refused: string[] = [];
  for (const entry of body as readonly RawEntry[]) {
    const report = toReport(entry);
    if (report === undefined) refused.push(entry?.Service?.ID ?? '');
    else reports.push(report);
  }
  return { reports: reports.sort((a, b) => (a.id < b.id ? -1 : 1)), refused };
};

export const toInstance = ({
  id,
  service,
  address,
  port,
  version,
  tags,
  weight,
}: InstanceReport): Instance => ({
  id,
  service,
  address,
  port,
  version,
  tags,
  ...(weight === undefined ? {} : { weight }),
});

type RawCheck = Readonly<{ Status?: string; Output?: string; Notes?: string; ServiceID?: string }>;
type RawEntry = Readonly<{
  Node?: Readonly<{ Address?: string }>;
  Service?: Readonly<{
    ID?: string;
    Service?: string;
    Address?: string;
    Port?: number;
    Tags?: readonly string[] | null;
    Meta?: Readonly<Record<string, string>> | null;
  }>;
  Checks?: readonly RawCheck[] | null;
}> | null;

const toReport = (entry: RawEntry): InstanceReport | undefined => {
  const { ID: id, Service: service, Address, Port: port, Tags, Meta } = entry?.Service ?? {};
  const address = Address || entry?.Node?.Address;
  if (!id || !service || !address || isIP(address) === 0 || !port) return undefined;
  const checks = entry?.Checks ?? [];
  const weight = Number(Meta?.weight ?? Number.NaN);
  const output = outputOf(checks);
  return {
    id,
    service,
    address,
    port,
    version: Meta?.version ?? '',
    tags: Tags ?? [],
    ...(weight > 0 ? { weight } : {}),
    health: worstOf(checks),
    ...(output === '' ? {} : { output }),
  };
};

/** The node's own checks count too: an instance on a dead machine does not pass. */
const worstOf = (checks: readonly RawCheck[]): Health => {
  if (checks.some(({ Status }) => Status !== 'passing' && Status !== 'warning')) return 'critical';
  return checks.some(({ Status }) => Status === 'warning') ? 'warning' : 'passing';
};

/** Until Consul has checked by itself, what the instance found when it registered (`toConsulService`). */
const outputOf = (checks: readonly RawCheck[]): string => {
  const ofNode = checks.filter(({ ServiceID, Status }) => !ServiceID && Status !== 'passing');
  return [...checks.filter(({ ServiceID }) => ServiceID), ...ofNode]
    .map(({ Output, Notes }) => (Output || Notes || '').trim())
    .filter((said) => said !== '')
    .join('; ');
};
