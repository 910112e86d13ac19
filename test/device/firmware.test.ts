import { behavioursOf, deviceIdsOf } from '../../device/behaviour';
import { BAD_CELSIUS, badFirmwareOf, FACTORY_VERSION, Firmware } from '../../device/firmware';
import { readingsOf } from '../../device/readings';

const WEATHER = { Celsius: 21, hPa: 1_010, Humidity: 50 };

function device() {
  const reports: object[] = [];
  return {
    reports,
    registrationId: 'door-0001',
    report: (patch: object) => Promise.resolve(void reports.push(patch)),
    send: () => undefined,
  };
}

describe('Firmware', () => {
  it('is what the method installs, and is reported before the method answers', async () => {
    const firmware = new Firmware();
    const told = device();

    const answer = await firmware.install({ version: '2.0.0' }, told);

    expect(answer).toEqual({ status: 200, payload: { version: '2.0.0' } });
    expect(firmware.version).toBe('2.0.0');
    expect(told.reports).toEqual([{ firmware: '2.0.0' }]);
  });

  it.each([undefined, {}, { version: 2 }, { version: '' }, { version: 'x'.repeat(129) }])(
    'refuses to install %j',
    async (payload) => {
      const firmware = new Firmware();

      expect(await firmware.install(payload, device())).toMatchObject({ status: 400 });

      expect(firmware.version).toBe(FACTORY_VERSION);
    },
  );

  it('follows the desired property, and goes back to the first version without it', () => {
    const firmware = new Firmware();

    expect(firmware.desire('3.1', 'firmware')).toBe('3.1');
    expect(firmware.version).toBe('3.1');
    expect(firmware.desire(null, 'firmware')).toBeNull();
    expect(firmware.version).toBe(FACTORY_VERSION);
  });

  it('is known again from what was reported', () => {
    const firmware = new Firmware();

    firmware.restore({ firmware: '2.0.0' });

    expect(firmware.version).toBe('2.0.0');
  });

  it('reads nonsense with the bad version, and only with it', async () => {
    const firmware = new Firmware('2.0.0');
    expect(firmware.read(WEATHER)).toEqual(WEATHER);

    await firmware.install({ version: '2.0.0' }, device());
    expect(firmware.read(WEATHER)).toEqual({ ...WEATHER, Celsius: BAD_CELSIUS });

    await firmware.install({ version: '1.0.0' }, device());
    expect(firmware.read(WEATHER)).toEqual(WEATHER);
  });
});

it('gives bad firmware to its share of the fleet', () => {
  const ids = deviceIdsOf('door', 100);

  const behaviourOf = behavioursOf(ids, { failShare: 0, offlineShare: 0, badFirmware: badFirmwareOf('2.0.0:5%') });

  expect(ids.filter((id) => behaviourOf(id).badVersion === '2.0.0')).toHaveLength(5);
  expect(behavioursOf(ids, { failShare: 0, offlineShare: 0 })('door-0001')).not.toHaveProperty('badVersion');
});

it.each(['2.0.0', '2.0.0:5', '2.0.0:101%', ':5%', '2.0.0:-1%'])('does not take %s for bad firmware', (text) => {
  expect(() => badFirmwareOf(text)).toThrow('such as 2.0.0:5%');
});

describe('readingsOf', () => {
  const HOUR = 3_600_000;
  const hours = Array.from({ length: 200 }, (_, hour) => hour * HOUR);

  it('is the same for the same device and time, and another for another device', () => {
    expect(readingsOf('door-0001')(HOUR)).toEqual(readingsOf('door-0001')(HOUR));
    expect(readingsOf('door-0001')(HOUR)).not.toEqual(readingsOf('door-0002')(HOUR));
  });

  it('stays within what rooms have, and varies slowly', () => {
    for (const id of deviceIdsOf('door', 50)) {
      const read = readingsOf(id);
      for (const at of hours) {
        const { Celsius, hPa, Humidity } = read(at);
        expect(Celsius).toBeGreaterThanOrEqual(15);
        expect(Celsius).toBeLessThanOrEqual(29);
        expect(hPa).toBeGreaterThanOrEqual(985);
        expect(hPa).toBeLessThanOrEqual(1_035);
        expect(Humidity).toBeGreaterThanOrEqual(28);
        expect(Humidity).toBeLessThanOrEqual(72);
        expect(Math.abs(read(at + 60_000).Celsius - Celsius)).toBeLessThan(0.3);
      }
    }
  });
});
