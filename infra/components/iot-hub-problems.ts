import { isIP } from 'node:net';

import type { IotHubArgs, HubSku } from './iot-hub-args';
import type { Network } from './network';

/** Units that a hub can have, by SKU (Azure IoT Hub, "Quotas and throttling"). */
export const MAX_UNITS: Readonly<Record<HubSku, number>> = {
  F1: 1,
  B1: 200,
  B2: 200,
  B3: 10,
  S1: 200,
  S2: 200,
  S3: 10,
};
/** iot-hub-devguide-quotas-throttling.md, "Other limits". */
const MAX_ENDPOINTS = 10;
const MAX_ROUTES = 100;
const MAX_CONSUMER_GROUPS = 20;
const BUILT_IN = 'events';

const isBasic = (sku: HubSku): boolean => sku.startsWith('B');
const isFree = (sku: HubSku): boolean => sku === 'F1';
/** iot-hub-message-enrichments-overview.md, "Limitations". */
const maxEnrichments = (sku: HubSku): number => (isFree(sku) ? 2 : 10);
const isWhole = (value: number, from: number, to: number): boolean =>
  Number.isInteger(value) && value >= from && value <= to;

/** @returns a sentence a problem: field, value and what is allowed; none when Azure can make such a hub */
export const hubProblems = (args: IotHubArgs): string[] => [
  ...sizeProblems(args),
  ...tierProblems(args),
  ...routingProblems(args),
  ...uploadProblems(args),
  ...networkProblems(args.network),
];

function sizeProblems({ sku = 'S1', units = 1, partitions, retentionDays = 1 }: IotHubArgs): string[] {
  const maxUnits = (MAX_UNITS as Readonly<Record<string, number>>)[sku];
  if (maxUnits === undefined) return [`  sku: ${sku}, must be one of ${Object.keys(MAX_UNITS).join(', ')}`];
  const [least, most] = isFree(sku) ? [2, 2] : [2, 32];
  const [, longest] = isFree(sku) ? [1, 1] : [1, 7];
  const problems: string[] = [];
  if (!isWhole(units, 1, maxUnits)) problems.push(`  units: ${units}, ${sku} has 1 to ${maxUnits}`);
  if (partitions !== undefined && !isWhole(partitions, least, most))
    problems.push(`  partitions: ${partitions}, ${sku} has ${least === most ? `${least}` : `${least} to ${most}`}`);
  if (!isWhole(retentionDays, 1, longest))
    problems.push(
      `  retentionDays: ${retentionDays}, ${sku} keeps messages ${longest === 1 ? '1 day' : '1 to 7 days'}`,
    );
  return problems;
}

/** iot-hub-scaling.md, "Basic and standard tiers": Basic has no twins, methods, jobs and cloud-to-device messages. */
const tierProblems = ({ sku = 'S1', rollouts = true }: IotHubArgs): string[] =>
  isBasic(sku) && rollouts
    ? [`  sku: ${sku}, but rollouts need twins, methods and jobs: F1, S1, S2 or S3, or rollouts: false`]
    : [];

function routingProblems({ endpoints = [], routes = [], enrichments = [], ...args }: IotHubArgs): string[] {
  const { consumerGroups = [] } = args;
  const names = endpoints.map(({ name }) => name);
  const known = [...names, BUILT_IN];
  const unknown = (field: string, endpoint: string): string[] =>
    known.includes(endpoint) ? [] : [`  ${field}.endpoint: ${endpoint}, must be one of ${known.join(', ')}`];
  const problems = [
    ...routes.flatMap(({ name, endpoint }) => unknown(`routes.${name}`, endpoint)),
    ...enrichments.flatMap(({ key, endpoint }) => unknown(`enrichments.${key}`, endpoint)),
  ];
  problems.push(
    ...repeated('endpoints', known),
    ...repeated(
      'routes',
      routes.map(({ name }) => name),
    ),
  );
  problems.push(...repeated('consumerGroups', [...consumerGroups, '$Default']));
  if (consumerGroups.length >= MAX_CONSUMER_GROUPS)
    problems.push(`  consumerGroups: ${consumerGroups.length}, a hub has ${MAX_CONSUMER_GROUPS} with $Default`);
  if (endpoints.length > MAX_ENDPOINTS) problems.push(`  endpoints: ${endpoints.length}, a hub has ${MAX_ENDPOINTS}`);
  if (routes.length > MAX_ROUTES) problems.push(`  routes: ${routes.length}, a hub has ${MAX_ROUTES}`);
  const mostEnrichments = maxEnrichments(args.sku ?? 'S1');
  if (enrichments.length > mostEnrichments)
    problems.push(`  enrichments: ${enrichments.length}, a hub has ${mostEnrichments}`);
  if (endpoints.length > 0 && args.identityId === undefined)
    problems.push('  identityId: missing, endpoints are opened with an identity');
  return problems;
}

const repeated = (field: string, names: readonly string[]): string[] =>
  [...new Set(names.filter((name, at) => names.indexOf(name) !== at))].map(
    (name) => `  ${field}: ${name} is there twice, each has a name of its own`,
  );

function uploadProblems({ fileUpload, identityId }: IotHubArgs): string[] {
  if (fileUpload === undefined) return [];
  const { sasTtlMinutes = 60 } = fileUpload;
  const problems: string[] = [];
  if (identityId === undefined) problems.push('  identityId: missing, fileUpload opens storage with an identity');
  if (!isWhole(sasTtlMinutes, 1, 1440))
    problems.push(`  fileUpload.sasTtlMinutes: ${sasTtlMinutes}, must be 1 to 1440, a day`);
  return problems;
}

/** @param network undefined is open to all */
export const networkProblems = (network: Network | undefined): string[] =>
  (network?.allowedIps ?? [])
    .filter((range) => !isRange(range))
    .map((range) => `  network.allowedIps: ${range}, must be an IPv4 address or range as 203.0.113.0/24`);

function isRange(range: string): boolean {
  const [address = '', bits, ...rest] = range.split('/');
  if (isIP(address) !== 4 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,2}$/.test(bits) && Number(bits) <= 32);
}
