import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { z } from 'zod';
import { LOOPBACK } from './names';

const Kept = z.object({ ports: z.record(z.string(), z.int().min(1).max(65_535)), identityHeader: z.string().min(1) });

/**
 * Where an emulator is found: loopback ports, and the secret that programs show its managed-identity endpoint. One that
 * keeps its state comes back under the same ones, so that programs which ran before it ended go on when it is back.
 */
export class Endpoints {
  readonly #ports = new Map<string, number>();

  private constructor(
    private readonly file: string | undefined,
    private readonly before: z.infer<typeof Kept> | undefined,
    /** A secret. */
    readonly identityHeader: string,
  ) {}

  /** @param file where they are kept, mode 0600; undefined for new ones at every start */
  static async of(file: string | undefined): Promise<Endpoints> {
    const before = file === undefined ? undefined : await readKept(file);
    return new Endpoints(file, before, before?.identityHeader ?? randomBytes(32).toString('hex'));
  }

  /** @returns the port to listen on: the one of the last run while nobody else has taken it, else 0 for any */
  async portFor(server: string): Promise<number> {
    const port = this.before?.ports[server];
    return port !== undefined && (await isFree(port)) ? port : 0;
  }

  /** Notes where a server listens now. @returns the port */
  listening(server: string, port: number): number {
    this.#ports.set(server, port);
    return port;
  }

  /** Keeps them for the next start, whole or not at all. */
  async keep(): Promise<void> {
    if (this.file === undefined) return;
    const { identityHeader } = this;
    const part = `${this.file}.${process.pid}`;
    await writeFile(part, JSON.stringify({ ports: Object.fromEntries(this.#ports), identityHeader }), { mode: 0o600 });
    await rename(part, this.file);
  }
}

const readKept = (file: string): Promise<z.infer<typeof Kept> | undefined> =>
  readFile(file, 'utf8').then(
    (text) => Kept.safeParse(JSON.parse(text)).data,
    () => undefined, // the first start
  );

/** Whether a server may listen there. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, LOOPBACK, () => server.close(() => resolve(true)));
  });
