import { EVENTS_SUFFIX, HUB_HOST_PATTERN, HUB_SUFFIX } from '../../names';
import type { AmqpPeer, AmqpService, AmqpSession } from '../../wire/amqp/service';
import { COMMON_KINDS } from '../../world/faults';
import type { Hub } from '../hub';
import type { Hubs } from '../hubs';
import { StreamSession } from '../../event-hubs/amqp/session';
import { EventsHost } from './events-host';
import { signInToHub } from './hub-access';
import { AMQP_OPERATIONS, EVENTS_OPERATIONS } from './disturbance';
import { HubSession } from './hub-session';

type Open = (hub: Hub, peer: AmqpPeer) => AmqpSession;

const SUFFIXES: readonly (readonly [suffix: string, open: Open])[] = [
  [`.${EVENTS_SUFFIX}`, (hub, peer) => new StreamSession(new EventsHost(hub, peer))],
  [`.${HUB_SUFFIX}`, (hub, peer) => new HubSession(hub, peer)],
];

/** The hubs over AMQP: each has a host of its own, and another for its Event-Hub-compatible endpoint. */
export function hubAmqpService(hubs: Hubs): AmqpService {
  hubs.declare(COMMON_KINDS, ...AMQP_OPERATIONS, ...EVENTS_OPERATIONS);
  return serviceOf(hubs);
}

const serviceOf = (hubs: Hubs): AmqpService => ({
  signIn(host, login) {
    const hub = hubs.get(HUB_HOST_PATTERN.exec(host)?.[1] ?? '');
    return hub && signInToHub(hub, login);
  },
  open(host, peer) {
    const name = host.toLowerCase();
    for (const [suffix, open] of SUFFIXES) {
      const hub = name.endsWith(suffix) ? hubs.get(name.slice(0, -suffix.length)) : undefined;
      if (hub !== undefined) return open(hub, peer);
    }
    return undefined;
  },
});
