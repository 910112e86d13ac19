/** Where the records of an ended rollout are listed, each with its SHA-256. */
export interface Closing {
  readonly path: string;
  /** Of the closing record itself. */
  readonly sha256: string;
  readonly recordCount: number;
}

/** What reading a closed rollout's records again has found. */
export interface Verification {
  readonly recordCount: number;
  /** Paths; none where all is as it was. */
  readonly missing: readonly string[];
  readonly altered: readonly string[];
  /** Records that were written after the rollout was closed. */
  readonly added: readonly string[];
}
