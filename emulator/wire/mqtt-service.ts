import type { X509Certificate } from 'node:crypto';
import type { IConnectPacket, Packet } from 'mqtt-packet';

/** CONNACK return codes (MQTT 3.1.1, section 3.2.2.3). */
export const CONNACK = { accepted: 0, badProtocol: 1, badClientId: 2, unavailable: 3, unauthorized: 5 } as const;
type ReturnCode = (typeof CONNACK)[keyof typeof CONNACK];

/** What is known of whoever connects, beyond what he says. */
export interface Peer {
  /** The TLS client certificate and what was sent to prove it, leaf first; empty when there is none. */
  readonly certificates: readonly X509Certificate[];
}

/** How a session reaches its client. */
export interface Wire {
  send(packet: Packet): void;
  close(): void;
}

/** An admitted client's session, from CONNACK on. */
export interface MqttSession {
  /** Takes every packet after CONNECT. @throws ForbiddenPacket */
  receive(packet: Packet): void;
  /** The connection is gone, however it went. */
  end(): void;
}

export type Admission =
  | { readonly kind: 'refused'; readonly returnCode: Exclude<ReturnCode, 0> }
  /** By a fault: cut off without a word, or left waiting for one. */
  | { readonly kind: 'dropped' }
  | { readonly kind: 'unanswered' }
  | {
      readonly kind: 'admitted';
      /** When the credential ends and the connection with it, ms since the epoch; Infinity for certificates. */
      readonly expiresAt: number;
      readonly sessionPresent: boolean;
      /** Called once CONNACK is out: what it sends comes after. */
      open(wire: Wire): MqttSession;
    };

/** Who answers for MQTT clients on the shared port: the hubs, or DPS. */
export interface MqttService {
  /** Decides on a CONNECT. @returns undefined when the client is another service's, by its user name */
  admit(packet: IConnectPacket, peer: Peer): Admission | undefined;
}

/** Thrown for what the protocol or the service forbids: the connection is closed, as Azure does. */
export class ForbiddenPacket extends Error {}
