import { type DeviceReader, UnknownPage } from '../../telemetry/ports';
import { failure, type FunctionReply, type HttpFunction } from '../http';
import { afterText, deviceName, hubName, paramsOf, siteName } from './params';

/** Devices of one answer. */
const PAGE = 1_000;

const params = paramsOf({ hub: hubName, site: siteName, device: deviceName, after: afterText });
type Params = Extract<ReturnType<typeof params>, { kind: 'asked' }>['value'];

async function one(reader: DeviceReader, hub: string, deviceId: string): Promise<FunctionReply> {
  const found = await reader.one({ hub, deviceId });
  if (found !== undefined) return { status: 200, body: found };
  return failure('DEVICE_UNKNOWN', `of device ${deviceId} of hub ${hub} nothing has been heard`);
}

async function page(reader: DeviceReader, { hub, site, after }: Params): Promise<FunctionReply> {
  const wanted = {
    size: PAGE,
    ...(hub !== undefined && { hub }),
    ...(site !== undefined && { site }),
    ...(after !== undefined && { after }),
  };
  return { status: 200, body: await reader.page(wanted) };
}

async function answer(reader: DeviceReader, asked: Params): Promise<FunctionReply> {
  const { hub, site, device, after } = asked;
  if (device === undefined) return page(reader, asked);
  if (hub === undefined) return failure('BAD_REQUEST', 'hub is missing, allowed is the hub of the device');
  if (site !== undefined || after !== undefined)
    return failure(
      'BAD_REQUEST',
      `${site === undefined ? 'after' : 'site'} is given, allowed is nothing beside device and hub`,
    );
  return one(reader, hub, device);
}

/**
 * `GET getdevicestate?hub=&site=&after=`: `{ devices, after? }`, a page of states. `GET getdevicestate?hub=&device=`: one device
 * with its windows, or 404.
 */
export const deviceStates = (reader: DeviceReader): HttpFunction => ({
  name: 'getdevicestate',
  method: 'GET',
  access: 'caller',
  async run({ query }, log) {
    const asked = params(query);
    if (asked.kind === 'wrong') return asked.reply;
    try {
      return await answer(reader, asked.value);
    } catch (error) {
      if (error instanceof UnknownPage) return failure('BAD_REQUEST', error.message);
      log('warn', { what: 'getdevicestate', error: String(error) });
      return failure('AWAY', 'the table of device states does not answer', 'Try again in a while.');
    }
  },
});
