import { JobClient } from 'azure-iothub';
import { rateOf } from '../load/exchange';
import { publishPacket, type LoadClient } from '../load/mqtt-client';
import { acknowledged, answering } from '../load/mqtt-exchange';
import { median, type Measure } from '../measures';
import { processorSeconds } from '../servers/usage';
import { connectAll, connectDevice, connectTo, idsOf, register, type Context } from './context';
import { ended } from './job-end';
import { ANSWER, methodAnswerTopic, TELEMETRY } from './sides';

/** Rows of each job, and connections to mosquitto. */
const DEVICES = 1000;
const ROUNDS = 5;
const ROUND_MS = 1500;
/**
 * A row is one message out and one in, as mosquitto's round trip from PUBLISH to PUBACK; the hub beside it finds the
 * devices, keeps each row when it begins and when it ends, and reads JSON.
 */
const AT_LEAST = 0.25;

/** Rows a second of a job that calls a method on every device, in turns with plain round trips of mosquitto. */
export async function methodJobs(context: Context): Promise<Measure[]> {
  const { mosquitto, emulator } = context;
  const ids = idsOf('j', DEVICES);
  const devices = await connectAnswering(context, ids);
  const others = mosquitto ? await connectAll(ids, (id) => connectTo(context, mosquitto.port, id)) : [];
  const trips =
    mosquitto && acknowledged(others, 1, ({ clientId }) => `devices/${clientId}/messages/events/`, TELEMETRY);
  const rounds: { readonly rate: number; readonly cost: number }[] = [];
  const tripRates: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const before = processorSeconds(emulator.pid);
    const { rows, ms } = await runJobs(context, `method-rows${round}`);
    const result = { rate: (rows * 1000) / ms, cost: ((processorSeconds(emulator.pid) - before) * 1e6) / rows };
    const tripRate = trips && (await rateOf(trips, ROUND_MS));
    if (round === 0) continue; // the warm-up
    rounds.push(result);
    if (tripRate !== undefined) tripRates.push(tripRate);
  }
  for (const client of [...devices, ...others]) client.close();
  const [rate, cost] = [median(rounds.map((each) => each.rate)), median(rounds.map((each) => each.cost))];
  return measuresOf(rate, cost, tripRates.length > 0 ? median(tripRates) : undefined);
}

async function connectAnswering(context: Context, ids: readonly string[]): Promise<LoadClient[]> {
  await register(context, ids);
  const devices = await connectAll(ids, (id) => connectDevice(context, id));
  for (const device of devices) await device.subscribe('$iothub/methods/POST/#');
  answering(devices, (topic) => publishPacket(methodAnswerTopic(topic), ANSWER));
  return devices;
}

/**
 * Runs jobs one after another until they have taken {@link ROUND_MS}, each from its creation to its end by the hub's own
 * clock.
 *
 * @throws Error unless every row is done
 */
async function runJobs({ hubConnectionString }: Context, name: string): Promise<{ rows: number; ms: number }> {
  const jobs = JobClient.fromConnectionString(hubConnectionString);
  const method = { methodName: 'reboot', payload: { delay: 1 }, responseTimeoutInSeconds: 30 };
  let [rows, ms] = [0, 0];
  for (let n = 0; ms < ROUND_MS; n++) {
    const jobId = `${name}-${n}`;
    await jobs.scheduleDeviceMethod(jobId, "STARTSWITH(deviceId, 'j')", method, new Date(), 3600);
    const { createdTime, endTime } = await ended(jobs, jobId, DEVICES);
    rows += DEVICES;
    ms += Date.parse(endTime) - Date.parse(createdTime);
  }
  return { rows, ms };
}

function measuresOf(rate: number, cost: number, tripRate: number | undefined): Measure[] {
  const name = `method job over ${DEVICES} devices`;
  const own: Measure[] = [
    { name: `${name}: rows`, value: rate, unit: '/s' },
    { name: `${name}: processor time a row`, value: cost, unit: 'µs' },
  ];
  if (tripRate === undefined) return own;
  return [
    ...own,
    { name: `QoS 1 round trips on ${DEVICES} connections: mosquitto`, value: tripRate, unit: '/s' },
    {
      name: `${name}, rows : round trips of mosquitto`,
      value: rate / tripRate,
      unit: 'x',
      limit: { atLeast: AT_LEAST },
    },
  ];
}
