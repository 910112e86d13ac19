/** The command lines that npm does not carry. */
export type ToolName = 'temporal' | 'pulumi';

/** A command line that ran and told an accepted version. */
export interface Located {
  readonly tool: ToolName;
  /** absolute path of the executable */
  readonly path: string;
  /** `major.minor.patch`, without a leading v */
  readonly version: string;
  readonly source: 'path' | 'cache';
}

/** What an installation is doing now. Sent when the step or its detail changes, and once a second in between. */
export interface Progress {
  readonly tool: ToolName;
  /** the source and what it does, such as `Go module build: compile` */
  readonly step: string;
  /** milliseconds since the installation of this tool began */
  readonly elapsedMs: number;
  /** how far it is, or how long the step usually takes */
  readonly detail: string;
}

/** Reports the step a source is in, with an optional measure of how far it is. */
export type ReportStep = (step: string, detail?: string) => void;

/** Something that kept a place from giving the tool. */
export interface Attempt {
  /** the place: PATH, the cache, or a source's name */
  readonly source: string;
  readonly reason: string;
}

/** A place to get a tool from. */
export interface Source {
  readonly name: string;
  /** how long it usually takes, for the person who waits */
  readonly usually: string;
  /** Why this source cannot be used here, or undefined when it can. Looks only: changes nothing. */
  obstacle(): Promise<string | undefined>;
  /**
   * Puts the tool into an empty folder, as `bin/<tool>` under it.
   *
   * @throws when it cannot; the caller throws the folder away. Ends soon after `signal` is aborted
   */
  fetch(folder: string, report: ReportStep, signal: AbortSignal): Promise<void>;
}

/** All that is particular to one tool. */
export interface ToolSpec {
  readonly tool: ToolName;
  /** the version that sources install; also the cache's key */
  readonly pinned: string;
  /** oldest version accepted from PATH; a higher major version is refused too */
  readonly minimum: string;
  /** arguments that make it print its version */
  readonly versionArguments: readonly string[];
  /** in the order in which they are tried */
  readonly sources: readonly Source[];
  /** what a person can do when all sources failed */
  readonly nextStep: string;
}
