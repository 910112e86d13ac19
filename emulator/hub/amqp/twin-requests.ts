import { message as rheaMessage, types, type Message } from 'rhea';
import { errorDetail, HubError } from '../errors';
import type { Hub } from '../hub';
import type { Device } from '../hub-device';
import { deviceTwinOf, jsonOf } from '../payloads';
import type { Limited } from '../throttle/limits';
import { bodyOf } from '../../wire/amqp/body';

/** Whose twin it is, and who hears of its desired properties. */
export interface TwinParty {
  readonly hub: Hub;
  readonly device: Device;
  readonly wantsDesired: (wants: boolean) => void;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly version?: number;
}

const DESIRED = '/notifications/twin/properties/desired';

/**
 * Answers what a device asks of its twin: the annotations `operation` and `resource` say what, `status` says how it went
 * (azure-iot-device-amqp, amqp_twin_client.js).
 *
 * @param refused why the request is not even looked at
 */
export function answerTwin(party: TwinParty, request: Message, refused?: unknown): Message {
  const { status, body, version } = answerOrRefusal(party, () => {
    if (refused !== undefined) throw refused as Error; // what a turn was refused with
    return answer(party, request);
  });
  return {
    correlation_id: request.correlation_id,
    message_annotations: {
      status: types.wrap_int(status),
      ...(version !== undefined && { version: types.wrap_long(version) }),
    },
    body: rheaMessage.data_section(Buffer.from(body)) as unknown,
  }; // a correlation id may be absent, which rhea's types do not say
}

function answerOrRefusal(party: TwinParty, work: () => Answer): Answer {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return { status: error.status, body: JSON.stringify(errorDetail(error, party.hub.clock.now())) };
  }
}

/** Which limit a request counts against; the subscription to desired properties against none. */
export function limitOf(request: Message): Limited | undefined {
  const { operation } = (request.message_annotations ?? {}) as Record<string, unknown>;
  return operation === 'GET' ? 'twinReads' : operation === 'PATCH' ? 'twinUpdates' : undefined;
}

/** @throws HubError */
function answer({ hub, device, wantsDesired }: TwinParty, request: Message): Answer {
  const { operation, resource, version } = (request.message_annotations ?? {}) as Record<string, unknown>;
  const asks = `${String(operation)} ${typeof resource === 'string' ? resource : ''}`.trim();
  switch (asks) {
    case 'GET':
      return { status: 200, body: JSON.stringify(deviceTwinOf(device)) };
    case 'PATCH /properties/reported': {
      const expected = typeof version === 'number' ? version : undefined;
      const { reported } = hub.devices.reportTwin(device, jsonOf(bodyOf(request)), expected);
      return { status: 204, body: '', version: reported.$version };
    }
    case `PUT ${DESIRED}`:
    case `DELETE ${DESIRED}`:
      wantsDesired(operation === 'PUT');
      return { status: 204, body: '' };
    default:
      throw new HubError('ArgumentInvalid', `The twin operation '${asks}' is unknown.`);
  }
}
