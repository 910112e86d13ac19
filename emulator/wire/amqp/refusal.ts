/** A refusal of a link, a message or a connection, as AMQP tells it. */
export class AmqpRefusal extends Error {
  /**
   * @param condition   of AMQP 1.0 (`amqp:not-found`), or a service's own (`com.microsoft:timeout`)
   * @param description in the service's own words where they are known
   * @param info        further fields
   */
  constructor(
    readonly condition: string,
    readonly description: string,
    readonly info?: Readonly<Record<string, unknown>>,
  ) {
    super(description);
  }

  /** As it stands in a detach, a close or a rejected outcome. */
  get fields(): { condition: string; description: string; info: Readonly<Record<string, unknown>> } {
    const { condition, description, info = {} } = this;
    return { condition, description, info }; // all three, as azure-eventhub for Python takes them all (see whole-frames.ts)
  }
}

export const notFound = (address: string): AmqpRefusal =>
  new AmqpRefusal('amqp:not-found', `The messaging entity '${address}' could not be found.`);

export const unauthorizedAccess = (description = 'Unauthorized access.'): AmqpRefusal =>
  new AmqpRefusal('amqp:unauthorized-access', description);

export const notImplemented = (what: string): AmqpRefusal =>
  new AmqpRefusal('amqp:not-implemented', `${what} is not implemented by the emulator.`);
