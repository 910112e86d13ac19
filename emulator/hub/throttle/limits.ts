import type { Limit } from '../../world/bucket';
import type { Sku } from '../settings';

/** What a hub limits, each by itself (iot-hub/iot-hub-devguide-quotas-throttling.md, "Operation throttles"). */
export type Limited =
  | 'registry'
  | 'connections'
  | 'deviceToCloud'
  | 'cloudToDevice'
  | 'cloudToDeviceReceives'
  | 'methods'
  | 'queries'
  | 'twinReads'
  | 'twinUpdates'
  | 'jobs'
  | 'configurations'
  | 'fileUploads';

const MINUTE_MS = 60_000;
const SECOND_MS = 1000;

/** Per unit, and for some at least so many whatever the units; columns as in the documentation: 1, 2 and 3. */
type Row = readonly [
  windowMs: number,
  byTier: readonly [number, number, number],
  atLeast?: readonly [number, number, number],
];

const ROWS: Readonly<Record<Limited, Row>> = {
  registry: [MINUTE_MS, [100, 100, 5000]],
  connections: [SECOND_MS, [12, 120, 6000], [100, 0, 0]],
  deviceToCloud: [SECOND_MS, [12, 120, 6000], [100, 0, 0]],
  cloudToDevice: [MINUTE_MS, [100, 100, 5000]],
  cloudToDeviceReceives: [MINUTE_MS, [1000, 1000, 50_000]],
  // 160 KB, 480 KB and 24 MB a second, in meters of 4 KB.
  methods: [SECOND_MS, [40, 120, 6144]],
  queries: [MINUTE_MS, [20, 20, 1000]],
  twinReads: [SECOND_MS, [0, 10, 500], [100, 100, 0]],
  twinUpdates: [SECOND_MS, [0, 5, 250], [50, 50, 0]],
  jobs: [MINUTE_MS, [100, 100, 5000]],
  configurations: [MINUTE_MS, [20, 20, 20]],
  fileUploads: [MINUTE_MS, [100, 100, 5000]],
};

/** The limit of a hub of this size. F1 and B1 have those of S1, and so on. */
export function limitOf(limited: Limited, { name, units }: Sku): Limit {
  const tier = name.endsWith('3') ? 2 : name.endsWith('2') ? 1 : 0;
  const [windowMs, byTier, atLeast] = ROWS[limited];
  return { count: Math.max(byTier[tier] * units, atLeast?.[tier] ?? 0), windowMs };
}
