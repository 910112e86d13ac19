import { message as rheaMessage, type Message } from 'rhea';
import { bodyOf, textOf } from '../../wire/amqp/body';
import { Disturbance } from '../../wire/amqp/disturbance';
import type { IncomingLink } from '../../wire/amqp/incoming-link';
import type { Link } from '../../wire/amqp/link';
import { Outbox } from '../../wire/amqp/outbox';
import type { OutgoingLink } from '../../wire/amqp/outgoing-link';
import { notFound, unauthorizedAccess, type AmqpRefusal } from '../../wire/amqp/refusal';
import type { AmqpPeer, AmqpSession } from '../../wire/amqp/service';
import { inTurn, type Turn } from '../../wire/amqp/turn';
import { tokenFor, type Credential } from '../attest';
import { apiVersionOf, jsonBody, payloadOf } from '../device-request';
import { DpsError, dpsFault } from '../errors';
import { operationView, type Registration } from '../registration';
import type { ProvisioningService, ProvisioningServices } from '../services';
import { refusalOf } from './refusals';

/** Both links of a device have this address (azure-iot-provisioning-device-amqp, amqp.js, `attachingLinks`). */
const ADDRESS = /^([^/]+)\/registrations\/([^/]+)$/i;

/** What of a connection a fault may strike. */
export const DPS_AMQP_OPERATIONS = ['dps.amqp.attach', 'dps.amqp.register', 'dps.amqp.poll'] as const;
type Operation = (typeof DPS_AMQP_OPERATIONS)[number];

/** The device at the other end of a link. */
interface Registrant {
  readonly idScope: string;
  readonly registrationId: string;
  readonly apiVersion: string;
}

/**
 * A device's connection to DPS over AMQP: it asks on one link and is answered on the other, as
 * azure-iot-provisioning-device-amqp and Java's ContractAPIAmqp do it.
 */
export class DpsAmqpSession implements AmqpSession {
  readonly #answers = new Outbox();
  readonly #disturbance: Disturbance<Operation>;

  constructor(
    private readonly provisioning: ProvisioningServices,
    private readonly peer: AmqpPeer,
  ) {
    this.#disturbance = new Disturbance({ world: provisioning.world, peer, refusal: dpsFault });
  }

  /** Devices of DPS bring their token as a password, or a certificate. */
  admit(): number {
    throw unauthorizedAccess();
  }

  openOutgoing(link: OutgoingLink): Turn {
    const registrant = this.#registrantOf(link);
    return this.#atTurn(link, 'dps.amqp.attach', registrant, () => this.#answers.open(link));
  }

  openIncoming(link: IncomingLink): Turn {
    const registrant = this.#registrantOf(link);
    return this.#atTurn(link, 'dps.amqp.attach', registrant, () =>
      link.onMessage((request) =>
        this.#atTurn(link, operationOf(request), registrant, () => this.#answer(registrant, request)),
      ),
    );
  }

  /** Does `work` when the fault that strikes lets it be done. @throws AmqpRefusal */
  #atTurn(link: Link, operation: Operation, { registrationId }: Registrant, work: () => void): Turn {
    const ask = (): Turn => this.#refusing(() => this.#disturbance.turn(operation, registrationId));
    return inTurn(link, [ask], work);
  }

  end(): void {
    // nothing of a connection outlives it
  }

  /** @throws AmqpRefusal for who has shown neither a token for the device that the address names nor a certificate */
  #registrantOf(link: Link): Registrant {
    const [, idScope = '', registrationId = ''] = ADDRESS.exec(link.address) ?? [];
    if (registrationId === '') throw notFound(link.address);
    const apiVersion = this.#refusing(() => apiVersionOf(textOf(link.properties['com.microsoft:api-version'])));
    link.permit(() => void this.#credentialOf({ idScope, registrationId }));
    return { idScope, registrationId, apiVersion };
  }

  /**
   * Whether scope, key and certificate are right is judged with each request, whose refusal the SDKs hand on; of a refused
   * link azure-iot-provisioning-device-amqp says nothing for 45 s.
   *
   * @throws AmqpRefusal
   */
  #credentialOf({ idScope, registrationId }: Omit<Registrant, 'apiVersion'>): Credential {
    const { certificates, credentials } = this.peer;
    const sas = credentials().find(({ token }) => tokenFor(idScope, registrationId, token) !== undefined);
    if (sas === undefined && certificates.length === 0) throw this.#unauthorized();
    return { sas: sas?.token, certificates };
  }

  /** @throws AmqpRefusal, which rejects the request */
  #answer(registrant: Registrant, request: Message): void {
    const credential = this.#credentialOf(registrant);
    const service = this.provisioning.ofIdScope(registrant.idScope);
    if (service === undefined) throw this.#unauthorized();
    const registration = this.#refusing(() => registrationOf(service, registrant, credential, request));
    const isPending = registration.status === 'assigning';
    this.#answers.send({
      correlation_id: request.correlation_id,
      content_type: 'application/json',
      ...(isPending && { application_properties: { 'retry-after': service.options.retryAfterSeconds } }),
      body: rheaMessage.data_section(Buffer.from(JSON.stringify(operationView(registration)))) as unknown,
    }); // a correlation id may be absent, which rhea's types do not say
  }

  /** Does something of the service's. @throws AmqpRefusal for what the service refuses */
  #refusing<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof DpsError) throw refusalOf(error, this.provisioning.world.clock.now());
      throw error;
    }
  }

  #unauthorized = (): AmqpRefusal =>
    refusalOf(new DpsError('InvalidCredential', 'IotHubUnauthorizedAccess'), this.provisioning.world.clock.now());
}

/** An operation that is not known counts as a poll: it is refused all the same. */
const operationOf = ({ application_properties: properties }: Message): Operation =>
  (properties as Record<string, unknown> | undefined)?.['iotdps-operation-type'] === 'iotdps-register'
    ? 'dps.amqp.register'
    : 'dps.amqp.poll';

/** @throws DpsError */
function registrationOf(
  { registrar }: ProvisioningService,
  { registrationId, apiVersion }: Registrant,
  credential: Credential,
  request: Message,
): Registration {
  const properties = (request.application_properties ?? {}) as Record<string, unknown>;
  const operation = textOf(properties['iotdps-operation-type']) ?? '';
  switch (operation) {
    case 'iotdps-register': {
      const payload = payloadOf(registrationId, jsonBody(bodyOf(request)));
      return registrar.register({ registrationId, payload, apiVersion }, credential);
    }
    case 'iotdps-get-operationstatus':
      return registrar.poll(registrationId, credential, textOf(properties['iotdps-operation-id']) ?? '');
    default:
      throw new DpsError('BadRequest', `iotdps-operation-type: '${operation}' is not known.`);
  }
}
