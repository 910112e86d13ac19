/** Who serves clients that call (concept-service-mode.md). */
export type ServiceMode = 'Default' | 'Serverless' | 'Classic';

/** What the Resource Manager sets of a SignalR resource. */
export interface SignalRSettings {
  /** Id in the Resource Manager: what role assignments are scoped to. */
  readonly resourceId: string;
  readonly mode: ServiceMode;
  /** Origins that browsers may call from, as they send them; `*` for all. */
  readonly allowedOrigins: readonly string[];
  /** Whether access keys are good for anything. */
  readonly hasLocalAuth: boolean;
  /** Whether Entra tokens are. */
  readonly hasEntraAuth: boolean;
  /** Connections at a time, of all hubs. */
  readonly connectionLimit: number;
  readonly clientTimeoutMs: number;
}

/** Secrets: texts that tokens are signed with as they stand, in UTF-8. */
export interface AccessKeys {
  readonly primaryKey: string;
  readonly secondaryKey: string;
}
