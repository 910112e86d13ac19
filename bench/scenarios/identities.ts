import { JobClient, Registry } from 'azure-iothub';
import type { Measure, Report } from '../measures';
import { residentBytes } from '../servers/usage';
import { idsOf, register, type Context } from './context';
import { ended } from './job-end';

const SIZES = [25_000, 50_000, 100_000] as const;
const PAGE = 100;
/** How much dearer an item of the largest size may be than one of the smallest, for growth to be linear. */
const AT_MOST = 1.5;

interface Step {
  readonly size: number;
  /** Seconds an item. */
  readonly create: number;
  readonly page: number;
  readonly row: number;
  /** Resident memory of the emulator that each identity added, before any job. */
  readonly bytes: number;
  readonly resident: number;
}

/** 100,000 identities on one hub, by the official client: bulk create, query pages, and a twin job over all of them. */
export async function identities(context: Context): Promise<Report> {
  const { pid } = context.emulator;
  const before = residentBytes(pid);
  const steps: Step[] = [];
  let created = 0;
  for (const size of SIZES) {
    const ids = idsOf('i', size).slice(created);
    const create = (await seconds(() => register(context, ids))) / ids.length;
    created = size;
    const bytes = (residentBytes(pid) - before) / size;
    const page = (await seconds(() => readAll(context, size))) / (size / PAGE);
    const row = (await seconds(() => runJob(context, size))) / size;
    steps.push({ size, create, page, row, bytes, resident: residentBytes(pid) });
  }
  return { scenario: 'identities', measures: measuresOf(steps), skipped: [] };
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

/**
 * Reads every twin, a page a call. The client begins anew unless it is handed its own continuation token.
 *
 * @throws Error when the number is not what it must be
 */
async function readAll({ hubConnectionString }: Context, size: number): Promise<void> {
  const query = Registry.fromConnectionString(hubConnectionString).createQuery('SELECT * FROM devices', PAGE);
  let found = 0;
  while (query.hasMoreResults) found += ((await query.next(query.continuationToken)).result as unknown[]).length;
  if (found !== size) throw new Error(`${found} of ${size} twins were found`);
}

/** Writes a desired property to every device. @throws Error unless every row is done */
async function runJob({ hubConnectionString }: Context, size: number): Promise<void> {
  const jobs = JobClient.fromConnectionString(hubConnectionString);
  const jobId = `twins-${size}`;
  const patch = { etag: '*', properties: { desired: { wave: size } } };
  await jobs.scheduleTwinUpdate(jobId, '*', patch, new Date(), 3600);
  await ended(jobs, jobId, size);
}

function measuresOf(steps: readonly Step[]): Measure[] {
  const [first, last] = [steps[0] as Step, steps.at(-1) as Step]; // there is one a size
  const growthOf = (name: string, of: (step: Step) => number): Measure => ({
    ...{ name: `${name}, at ${last.size} : at ${first.size}`, value: of(last) / of(first), unit: 'x' },
    limit: { atMost: AT_MOST },
  });
  return [
    ...steps.flatMap(({ size, create, page, row, bytes, resident }): Measure[] => [
      { name: `bulk create up to ${size}`, value: 1 / create, unit: '/s' },
      { name: `memory per identity at ${size}`, value: bytes / 1024, unit: 'KB' },
      { name: `query pages of ${PAGE} over ${size}`, value: 1 / page, unit: '/s' },
      { name: `rows of a twin job over ${size}`, value: 1 / row, unit: '/s' },
      { name: `resident after it`, value: resident / 1024 / 1024, unit: 'MB' },
    ]),
    growthOf('time to create an identity', ({ create }) => create),
    growthOf('time of a query page', ({ page }) => page),
    growthOf('time of a job row', ({ row }) => row),
    growthOf('memory per identity', ({ bytes }) => bytes),
  ];
}
