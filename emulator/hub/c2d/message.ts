/** A cloud-to-device message (iot-hub/iot-hub-devguide-messages-c2d.md). */
export interface CloudMessage {
  readonly messageId: string;
  readonly correlationId?: string;
  readonly userId?: string;
  /** `/devices/d1/messages/devicebound`, as the service gave it. */
  readonly to: string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  /** ms since the epoch; the hub's own time to live counts unless given. */
  readonly expiresAt?: number;
  /** Of which outcomes the sender wants feedback: of none, of completion, of the rest, of all. */
  readonly ack: Ack;
  /** Application properties. */
  readonly properties: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export const ACKS = ['none', 'positive', 'negative', 'full'] as const;
export type Ack = (typeof ACKS)[number];

/** A message that a receiver has until its lock runs out. Times are ms since the epoch. */
export interface Locked {
  readonly token: string;
  readonly message: CloudMessage;
  readonly sequence: number;
  readonly deliveryCount: number;
  readonly enqueuedAt: number;
  readonly expiresAt: number;
}

/** Whose mailbox it is. */
export interface Addressee {
  readonly deviceId: string;
  readonly moduleId?: string | undefined;
  readonly generationId: string;
}

export type Outcome = 'Success' | 'Expired' | 'DeliveryCountExceeded' | 'Rejected' | 'Purged';

/** One record of a feedback message (same page, "Message feedback"). */
export interface FeedbackRecord {
  readonly originalMessageId: string;
  readonly deviceId: string;
  readonly moduleId?: string;
  readonly deviceGenerationId: string;
  readonly statusCode: Outcome;
  /** When the outcome was known; ISO 8601. */
  readonly enqueuedTimeUtc: string;
  readonly description: string;
}

/** What a service is told of an uploaded file (iot-hub-devguide-file-upload.md, "File upload notifications"). */
export interface FileNotification {
  readonly deviceId: string;
  readonly blobUri: string;
  readonly blobName: string;
  readonly lastUpdatedTime: string;
  readonly blobSizeInBytes: number;
  readonly enqueuedTimeUtc: string;
}
