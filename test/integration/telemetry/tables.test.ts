import { TableClient } from '@azure/data-tables';
import { DefaultAzureCredential } from '@azure/identity';
import { createProcessor } from '../../../telemetry/processor';
import type { DeviceReader } from '../../../telemetry/ports';
import { telemetrySettings } from '../../../telemetry/settings';
import type { DeviceKey, DeviceState } from '../../../telemetry/state';
import { deviceReader, type TelemetryTables, telemetryTables } from '../../../telemetry/tables';
import { keyOf } from '../../../telemetry/tables/keys';
import { createTables } from '../../support/tables';
import { batchOf, messageAt, NOON, testPorts } from '../../support/telemetry';

const credential = new DefaultAzureCredential();
const settings = telemetrySettings({});
let endpoint: string;
let tables: TelemetryTables;
let reader: DeviceReader;

beforeAll(async () => {
  endpoint = await createTables(credential, ['DeviceState', 'Calibration', 'Rejected']);
  tables = telemetryTables(endpoint, credential, Object.keys(settings.fields));
  reader = deviceReader(endpoint, credential);
});

/** Every character that a device id may hold beside letters and digits. Source: iot-hub-devguide-identity-registry.md. */
const ODD_ID = "a-:.+%_#*?!(),=@;$'z";

const state = (more: Partial<DeviceState> = {}): DeviceState => ({
  reading: { Celsius: 20.5, hPa: 1_013.25 },
  site: 'north & söuth',
  version: '1.0.0',
  count: 5_000_000_000,
  rejected: 3,
  marks: { seen: [NOON + 5, 9], reading: [NOON, 8], version: [NOON - 1, 2] },
  seen: {
    'events/0': {
      ranges: [
        [0, 4],
        [7, 9],
      ],
      atMs: NOON,
      floor: 2,
      sinceMs: 1,
    },
    'events/1': { ranges: [[3, 3]], atMs: NOON },
  },
  windows: [
    {
      startMs: NOON,
      lengthMs: 300_000,
      accepted: 2,
      rejected: 3,
      fields: { Celsius: { count: 2, sum: 41, min: 20, max: 21 } },
    },
  ],
  ...more,
});
const minimal: DeviceState = {
  site: 'west',
  count: 0,
  rejected: 1,
  marks: { seen: [NOON, 1] },
  seen: { 'events/0': { ranges: [[1, 1]], atMs: NOON } },
  windows: [],
};

describe('DeviceState', () => {
  it.each([
    [{ hub: 'west', deviceId: 'pump-1' }, state()],
    [{ hub: 'hub/ü|~%', deviceId: ODD_ID }, minimal],
  ])('gives %j back as it was written', async (key: DeviceKey, written) => {
    const { states } = tables;
    await expect(states.read(key)).resolves.toBeUndefined();

    const result = await states.write(key, written, undefined);

    const etag = result.kind === 'written' ? result.etag : 'none';
    await expect(states.read(key)).resolves.toEqual({ state: written, etag });
    await expect(reader.one(key)).resolves.toMatchObject({ ...key, count: written.count, windows: written.windows });
  });

  it('replaces a row as it was read, and no other', async () => {
    const { states } = tables;
    const key = { hub: 'west', deviceId: 'pump-2' };
    const made = await states.write(key, state(), undefined);
    const etag = made.kind === 'written' ? made.etag : 'none';

    await expect(states.write(key, minimal, undefined)).resolves.toEqual({ kind: 'conflict' });
    await expect(states.write(key, minimal, etag)).resolves.toMatchObject({ kind: 'written' });
    await expect(states.write(key, state(), etag)).resolves.toEqual({ kind: 'conflict' });
    await expect(states.read(key)).resolves.toMatchObject({ state: minimal });
  });

  it('says that a row that was deleted meanwhile is another', async () => {
    const { states } = tables;
    const key = { hub: 'west', deviceId: 'pump-3' };
    const made = await states.write(key, state(), undefined);
    await new TableClient(endpoint, 'DeviceState', credential).deleteEntity(key.hub, key.deviceId);

    const again = states.write(key, state(), made.kind === 'written' ? made.etag : 'none');

    await expect(again).resolves.toEqual({ kind: 'conflict' });
  });

  it('refuses a row that no table takes, by its code', async () => {
    const huge = state({ version: 'x'.repeat(40_000) });

    await expect(tables.states.write({ hub: 'west', deviceId: 'pump-4' }, huge, undefined)).resolves.toEqual({
      kind: 'refused',
      reason: 'PropertyValueTooLarge',
    });
  });

  it('fails where the table is missing, so that the batch comes again', async () => {
    const { states } = telemetryTables(await createTables(credential, []), credential, []);

    await expect(states.read({ hub: 'west', deviceId: 'pump-1' })).rejects.toMatchObject({ statusCode: 404 });
    await expect(states.write({ hub: 'west', deviceId: 'pump-1' }, state(), undefined)).rejects.toMatchObject({
      statusCode: 404,
    });
  });
});

describe('pages of devices', () => {
  beforeAll(async () => {
    for (let index = 0; index < 5; index += 1) {
      const site = index % 2 === 0 ? "o'hare" : 'south';
      await tables.states.write({ hub: 'paged', deviceId: `d${index}` }, state({ site }), undefined);
    }
  });

  it('follow each other', async () => {
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = await reader.page({ hub: 'paged', size: 2, ...(after !== undefined && { after }) });
      expect(page.devices.length).toBeLessThanOrEqual(2);
      found.push(...page.devices.map(({ deviceId }) => deviceId));
      after = page.after;
    } while (after !== undefined);

    expect(found).toEqual(['d0', 'd1', 'd2', 'd3', 'd4']);
  });

  it('hold the devices of a site, as views', async () => {
    const { devices } = await reader.page({ hub: 'paged', site: "o'hare", size: 1_000 });

    expect(devices.map(({ deviceId }) => deviceId)).toEqual(['d0', 'd2', 'd4']);
    expect(devices[0]).toEqual({
      hub: 'paged',
      deviceId: 'd0',
      site: "o'hare",
      version: '1.0.0',
      at: '2026-11-22T06:00:00.000Z',
      lastSeen: '2026-11-22T06:00:00.005Z',
      reading: { Celsius: 20.5, hPa: 1_013.25 },
      count: 5_000_000_000,
      rejected: 3,
    });
  });

  it('come with windows, one after the other', async () => {
    const all = [];
    for await (const device of reader.all('paged')) all.push(device);

    expect(all).toHaveLength(5);
    expect(all[0]?.windows).toEqual(state().windows);
  });

  it.each(['x', 'bm8=', 'e30='])('refuse an `after` of %j', async (after) => {
    await expect(reader.page({ size: 5, after })).rejects.toThrow(`after is "${after}", allowed is`);
  });
});

it('reads calibrations by field, and says which cannot be read', async () => {
  const table = new TableClient(endpoint, 'Calibration', credential);
  const row = {
    partitionKey: 'west',
    rowKey: keyOf(ODD_ID),
    Celsius: '{"slope":1.5,"offset":-1}',
    hPa: '{"slope":"2"}',
  };
  await table.createEntity({ ...row, Humidity: '{"offset":2}', Note: 'of the factory' });

  await expect(tables.calibrations.read({ hub: 'west', deviceId: ODD_ID })).resolves.toEqual({
    Celsius: { slope: 1.5, offset: -1 },
    hPa: { unreadable: '{"slope":"2"}' },
    Humidity: { slope: 1, offset: 2 },
  });
  await expect(tables.calibrations.read({ hub: 'west', deviceId: 'none' })).resolves.toBeUndefined();
});

describe('Rejected', () => {
  const rejected = (sequence: number, body: unknown, deviceId: string | undefined = 'pump-9') => ({
    source: 'events/telemetry',
    partition: '0',
    hub: 'west',
    message: { ...messageAt(sequence, { body }), deviceId } as ReturnType<typeof messageAt>,
    rejection: { reason: 'outOfRange', field: 'Celsius', value: '200' } as const,
  });
  const rowsOf = async (partition: string) => {
    const rows = [];
    const queryOptions = { filter: `PartitionKey eq '${partition}'` };
    for await (const row of new TableClient(endpoint, 'Rejected', credential).listEntities({ queryOptions }))
      rows.push(row);
    return rows;
  };

  it('keeps each message once, in order of time, however often it comes', async () => {
    const messages = Array.from({ length: 230 }, (_, index) => rejected(index, { Celsius: 200 }));

    await tables.rejected.write([...messages].reverse());
    await tables.rejected.write(messages.slice(100, 205));

    const rows = await rowsOf('west|pump-9');
    expect(rows.map(({ Sequence }) => Number(Sequence))).toEqual(messages.map((_, index) => index));
    expect(rows[7]).toMatchObject({
      Reason: 'outOfRange',
      Field: 'Celsius',
      Value: '200',
      Body: '{"Celsius":200}',
      BodyEncoding: 'utf8',
      BodyBytes: 15,
      At: new Date(NOON + 7_000),
      EnqueuedAt: new Date(NOON + 7_000),
      Source: 'events/telemetry',
      Partition: '0',
    });
  });

  it('keeps what of a body fits, whatever its bytes', async () => {
    const bodies = [Buffer.from('ü'.repeat(20_000)), Buffer.alloc(40_000, 0xff), Buffer.from('\u0000\n"\\')];

    await tables.rejected.write(bodies.map((body, index) => rejected(index, body, 'pump-10')));

    const [text, binary, odd] = await rowsOf('west|pump-10');
    expect(text).toMatchObject({ Body: 'ü'.repeat(16_384), BodyEncoding: 'utf8', BodyBytes: 40_000 });
    expect(binary).toMatchObject({ BodyEncoding: 'base64', BodyBytes: 40_000 });
    expect(Buffer.from(String(binary?.['Body']), 'base64')).toEqual(Buffer.alloc(24_576, 0xff));
    expect(odd).toMatchObject({ Body: '\u0000\n"\\' });
  });

  it('splits what is too large for one transaction', async () => {
    const body = Buffer.alloc(32_768, '\u0001'); // six bytes each in JSON
    await tables.rejected.write(Array.from({ length: 40 }, (_, index) => rejected(index, body, 'pump-11')));

    await expect(rowsOf('west|pump-11')).resolves.toHaveLength(40);
  });

  it('keeps messages that name no device', async () => {
    await tables.rejected.write([{ ...rejected(1, 'x'), message: { ...messageAt(1), deviceId: undefined } }]);

    await expect(rowsOf('west|unknown')).resolves.toHaveLength(1);
  });
});

it('counts exactly with three processors on the same rows, though half the batches come twice', async () => {
  const devices = Array.from({ length: 2 }, (_, index) => `exact-${index}`);
  const messages = Array.from({ length: 60 }, (_, sequence) =>
    messageAt(sequence, { deviceId: devices[sequence % 2], body: { Celsius: sequence % 20 === 0 ? 200 : 20 } }),
  );
  const batches = Array.from({ length: 6 }, (_, index) => messages.slice(index * 10, index * 10 + 10));
  const ports = { ...testPorts({ wait: () => new Promise((done) => setImmediate(done)) }), ...tables };
  const processors = [0, 1, 2].map(() => createProcessor(ports, { ...settings, tries: 100 }));

  /** As a host does: what fails comes again. Azurite answers one of two upserts of a new row that meet with 409. */
  const deliver = async (messages: (typeof batches)[number], turn: number): Promise<number> => {
    const done = await processors[turn % 3]?.process(batchOf(messages, 'exact')).catch(() => undefined);
    return done?.conflicts ?? deliver(messages, turn + 1);
  };

  const conflicts = await Promise.all([...batches, ...batches.slice(2, 5)].map(deliver));

  expect(conflicts.some((count) => count > 0)).toBe(true);
  const found = await Promise.all(devices.map((deviceId) => reader.one({ hub: 'west', deviceId })));
  expect(found.map((device) => [device?.count, device?.rejected])).toEqual([
    [27, 3],
    [30, 0],
  ]);
});
