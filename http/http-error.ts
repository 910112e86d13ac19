/** A refusal: answered with `status` and, for people, `{ error: { code, message, advice? } }`. */
export class HttpError extends Error {
  override readonly name = 'HttpError';

  /** @param message names the field, the value and what is allowed; never a secret */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly options: {
      /** What to do next. */
      readonly advice?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
  }

  get body(): object {
    const { advice } = this.options;
    return { error: { code: this.code, message: this.message, ...(advice !== undefined && { advice }) } };
  }
}
