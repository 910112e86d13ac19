/** What a function is asked, whichever host has taken it. */
export interface FunctionRequest {
  readonly headers: { get(name: string): string | null };
  readonly query: URLSearchParams;
  /** @throws when the body is no JSON */
  json(): Promise<unknown>;
}

export interface FunctionReply {
  readonly status: number;
  /** As JSON. */
  readonly body: unknown;
}

/** One line of a host's log. Holds no key, no token, and nothing of a message. */
export type Log = (level: 'info' | 'warn', entry: object) => void;

/** A function that is called over https, without its host. */
export interface HttpFunction {
  /** Its path is `/api/<name>`. */
  readonly name: string;
  readonly method: 'GET' | 'POST';
  /** `key`: a function key is asked for, always. `caller`: it is asked who calls, where the host can tell; else for a key. */
  readonly access: 'key' | 'caller';
  /** Bytes of a JSON body. @default it takes none */
  readonly largestBody?: number;
  /** Only for who may call it: {@link guard.ts}. */
  run(request: FunctionRequest, log: Log): Promise<FunctionReply>;
}

/** What went wrong, for programs: dashboard/core/contract.ts, ErrorAnswer. */
export type FailureCode = 'BAD_REQUEST' | 'UNKNOWN_CALLER' | 'ROLE' | 'DEVICE_UNKNOWN' | 'AWAY';

const STATUS: Readonly<Record<FailureCode, number>> = {
  BAD_REQUEST: 400,
  UNKNOWN_CALLER: 401,
  ROLE: 403,
  DEVICE_UNKNOWN: 404,
  AWAY: 503,
};

/** @param advice what to do next */
export const failure = (code: FailureCode, message: string, advice?: string): FunctionReply => ({
  status: STATUS[code],
  body: { error: { code, message, ...(advice !== undefined && { advice }) } },
});
