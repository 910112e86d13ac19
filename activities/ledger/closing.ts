import { createHash } from 'node:crypto';
import type { Closing, Verification } from '../../domain/closing';
import type { RolloutId } from '../../domain/ids';
import type { RolloutState } from '../../domain/progress';
import type { LedgerActivities } from '../contracts';
import { beat } from '../beat';
import type { Ledger } from '../ports';
import { sha256Of } from './plans';
import { rolloutPath } from './records';

/** Records that one page of the closing list names: about 1.5 MB. */
const PAGE = 10_000;
/** Records that are read at once. */
const AT_ONCE = 8;
/** Paths that a verification names of each kind, at most: its answer goes through Temporal. */
const NAMED = 1_000;

interface Entry {
  readonly path: string;
  readonly sha256: string;
}

/** What `rollouts/<id>/closing.json` holds: how the rollout ended, and where the list of all its records lies. */
interface ClosingRecord {
  readonly state: RolloutState;
  readonly recordCount: number;
  /** Sorted by path, as is what they list. */
  readonly pages: readonly Entry[];
}

const textHash = (text: string): string => createHash('sha256').update(text).digest('hex');

const closingPath = (rolloutId: RolloutId): string => `${rolloutPath(rolloutId)}/closing.json`;
const pagePath = (rolloutId: RolloutId, number: number): string => `${rolloutPath(rolloutId)}/closing/${number}.json`;

/** What is found wrong, as far as an answer holds it. */
class Findings {
  readonly found = { missing: [] as string[], altered: [] as string[], added: [] as string[] };

  note(kind: keyof Findings['found'], path: string): void {
    if (this.found[kind].length < NAMED) this.found[kind].push(path);
  }

  /** @param found hash of what lies there now, undefined when nothing does */
  compare({ path, sha256 }: Entry, found: string | undefined): void {
    if (found === undefined) this.note('missing', path);
    else if (found !== sha256) this.note('altered', path);
  }
}

/**
 * Closes a rollout's part of the ledger, and finds out later whether it is still what it was. Memory holds a page of the
 * list, whatever the number of records.
 */
export const createClosingActivities = (ledger: Ledger): LedgerActivities => {
  /** A rollout's records but for those that close it, sorted. */
  async function* pathsOf(rolloutId: RolloutId): AsyncGenerator<string> {
    const own = `${rolloutPath(rolloutId)}/closing`;
    for await (const path of ledger.list(rolloutPath(rolloutId))) {
      if (path !== closingPath(rolloutId) && !path.startsWith(`${own}/`)) yield path;
    }
  }

  /** @returns the hash of each record, undefined where there is none */
  async function hashesOf(paths: readonly string[], done: number): Promise<(string | undefined)[]> {
    const hashes: (string | undefined)[] = [];
    for (let from = 0; from < paths.length; from += AT_ONCE) {
      const texts = await Promise.all(paths.slice(from, from + AT_ONCE).map((path) => ledger.text(path)));
      hashes.push(...texts.map((text) => (text === undefined ? undefined : textHash(text))));
      await beat({ records: done + hashes.length });
    }
    return hashes;
  }

  async function writePage(path: string, paths: readonly string[], done: number): Promise<Entry> {
    const hashes = await hashesOf(paths, done);
    const records = paths.map((each, index): Entry => ({ path: each, sha256: hashes[index] ?? '' }));
    await ledger.put(path, { records });
    return { path, sha256: sha256Of({ records }) };
  }

  /** What a closing record lists, in order. A page that is not as it was written is noted, and passed over. */
  async function* listed({ pages }: ClosingRecord, findings: Findings): AsyncGenerator<readonly Entry[]> {
    for (const page of pages) {
      const text = await ledger.text(page.path);
      const found = text === undefined ? undefined : textHash(text);
      findings.compare(page, found);
      if (text !== undefined && found === page.sha256) {
        yield (JSON.parse(text) as { readonly records: readonly Entry[] }).records;
      }
    }
  }

  /** Goes over both sorted lists side by side. */
  async function noteAdded(rolloutId: RolloutId, closing: ClosingRecord, findings: Findings): Promise<void> {
    const known = (async function* () {
      for await (const page of listed(closing, new Findings())) yield* page;
    })();
    let next = await known.next();
    for await (const path of pathsOf(rolloutId)) {
      while (next.done !== true && next.value.path < path) next = await known.next();
      if (next.done === true || next.value.path !== path) findings.note('added', path);
    }
  }

  return {
    async closeRollout({ rolloutId, state }): Promise<Closing> {
      const pages: Entry[] = [];
      let [recordCount, open]: [number, string[]] = [0, []];
      const closePage = async (): Promise<void> => {
        pages.push(await writePage(pagePath(rolloutId, pages.length + 1), open, recordCount));
        recordCount += open.length;
        open = [];
      };
      for await (const path of pathsOf(rolloutId)) {
        open.push(path);
        if (open.length === PAGE) await closePage();
      }
      if (open.length > 0) await closePage();
      const record: ClosingRecord = { state, recordCount, pages };
      await ledger.put(closingPath(rolloutId), record);
      return { path: closingPath(rolloutId), sha256: sha256Of(record), recordCount };
    },

    async verifyRollout({ rolloutId, sha256 }): Promise<Verification> {
      const path = closingPath(rolloutId);
      const text = await ledger.text(path);
      const found = text === undefined ? undefined : textHash(text);
      const findings = new Findings();
      findings.compare({ path, sha256 }, found);
      // What somebody has put there instead need not even be JSON.
      if (text === undefined || found !== sha256) return { recordCount: 0, ...findings.found };
      const closing = JSON.parse(text) as ClosingRecord;
      let recordCount = 0;
      for await (const page of listed(closing, findings)) {
        const hashes = await hashesOf(
          page.map((entry) => entry.path),
          recordCount,
        );
        for (const [index, entry] of page.entries()) findings.compare(entry, hashes[index]);
        recordCount += page.length;
      }
      // Without every page nobody can say what was not on the list.
      if (recordCount === closing.recordCount) await noteAdded(rolloutId, closing, findings);
      return { recordCount, ...findings.found };
    },
  };
};
