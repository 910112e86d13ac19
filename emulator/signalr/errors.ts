/** A refusal that the caller is told of: HTTP status and the code of the body. */
export class SignalRError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  /** ErrorDetail of the REST API (Azure/azure-signalr, docs/swagger/V20220601.md). */
  body(): { readonly code: string; readonly message: string } {
    return { code: this.code, message: this.message };
  }
}

export const badRequest = (message: string): SignalRError => new SignalRError(400, 'BadRequest', message);

export const unauthorized = (message: string): SignalRError =>
  new SignalRError(401, 'Unauthorized', message, {
    // Texts of tokens may hold anything: a header may not.
    'www-authenticate': `Bearer error="invalid_token", error_description="${message.replaceAll(/[^ -~]|["\\]/g, ' ')}"`,
  });

export const forbidden = (message: string): SignalRError => new SignalRError(403, 'Forbidden', message);

export const notFound = (message: string): SignalRError => new SignalRError(404, 'NotFound', message);

export const notImplemented = (what: string): SignalRError =>
  new SignalRError(501, 'NotImplemented', `The emulator does not implement ${what}.`);

/** A refusal that a test has asked for. */
export const signalRFault = (status: number, retryAfterSeconds: number | undefined): SignalRError =>
  new SignalRError(
    status,
    status === 429 ? 'TooManyRequests' : 'InternalServerError',
    'A fault that the emulator was asked for.',
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
  );
