import { AdminClient } from '../../emulator/admin/client';

/**
 * The admin API of the emulator that the tests run in, for faults that strike one device or hub of a test's own. Counters and
 * clock are everybody's: leave them.
 *
 * @throws an Error when the emulator has none: `exec --admin`, as `npm test` starts it
 */
export function adminOfAll(): AdminClient {
  const { IOTHUB_EMULATOR_ADMIN_ENDPOINT: endpoint, IOTHUB_EMULATOR_ADMIN_SECRET: secret } = process.env;
  if (endpoint === undefined || secret === undefined) throw new Error('start the emulator with `exec --admin`');
  return new AdminClient({ endpoint, secret });
}
