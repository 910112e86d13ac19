/** An error that the Resource Manager answers with. */
export class ArmError extends Error {
  override readonly name = 'ArmError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  /** The Resource Manager's own error body (azure-resource-manager common types, ErrorResponse). */
  body(): unknown {
    return { error: { code: this.code, message: this.message } };
  }
}

/** An error of the Microsoft.Devices provider, which has a flat body (arm-iothub, ErrorDetails). */
export class DevicesError extends ArmError {
  constructor(
    status: number,
    code: string,
    readonly httpStatusCode: string,
    message: string,
  ) {
    super(status, code, message);
  }

  override body(): unknown {
    return { code: this.code, httpStatusCode: this.httpStatusCode, message: this.message, details: null };
  }
}

/** 400 of Microsoft.Devices: the description of a hub or provisioning service is not acceptable. */
export const badDescription = (message: string): DevicesError => new DevicesError(400, '400000', 'BadRequest', message);

export const badRequest = (message: string, code = 'InvalidRequestContent'): ArmError =>
  new ArmError(400, code, message);

/** For what Azure has and the emulator has not: never an empty success. */
export const notImplemented = (what: string): ArmError =>
  new ArmError(501, 'NotImplemented', `the emulator does not implement ${what} (docs/emulator/arm.md)`);
