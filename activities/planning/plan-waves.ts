import { createHash } from 'node:crypto';
import type { HubName } from '../../domain/ids';
import type { CountedShare, CountedWave } from '../../domain/planning';
import type { RolloutSpec } from '../../domain/spec';
import type { WaveCut } from '../../domain/waves';
import { type ChunkRef, sha256Of } from '../ledger/plans';
import type { Ledger } from '../ports';
import { type Chunk, chunksOf, Taker } from './cut';
import type { Beat } from './gather';
import { ASIDES, type SortedTarget } from './sort';

/** Gives each wave's chunks in turn. Waves of one group follow one another in its file. */
async function* wavesOf(
  { files }: SortedTarget,
  cuts: readonly WaveCut[],
  batchSize: number,
): AsyncGenerator<{ readonly cut: WaveCut; readonly chunks: AsyncIterable<Chunk> }> {
  const takers = new Map<number, Taker>();
  try {
    for (const cut of cuts) {
      const taker = takers.get(cut.group) ?? new Taker(files.rows(String(cut.group)));
      takers.set(cut.group, taker);
      yield { cut, chunks: chunksOf(taker.take(cut.deviceCount), batchSize) };
    }
  } finally {
    for (const taker of takers.values()) await taker.close();
  }
}

const keyOf = ({ hub, zone }: Pick<Chunk, 'hub' | 'zone'>): string => `${hub}\t${zone ?? ''}`;

interface Open {
  share: CountedShare;
  readonly hash: ReturnType<typeof createHash>;
}

/** Shares by hub as the spec names them, then by zone: their parts must not depend on who comes first. */
function inOrder(shares: readonly Open[], hubs: readonly HubName[]): Open[] {
  const rank = ({ share: { hub } }: Open): number => hubs.indexOf(hub);
  const zone = ({ share }: Open): string => share.zone ?? '';
  return [...shares].sort((a, b) => rank(a) - rank(b) || (zone(a) < zone(b) ? -1 : 1));
}

async function countWave(cut: WaveCut, chunks: AsyncIterable<Chunk>, hubs: readonly HubName[]): Promise<CountedWave> {
  const open = new Map<string, Open>();
  for await (const { hub, zone, deviceIds, batchCount, largestBatch } of chunks) {
    const key = keyOf({ hub, ...(zone !== undefined && { zone }) });
    const none = { part: 0, hub, ...(zone !== undefined && { zone }), deviceCount: 0, batchCount: 0, largestBatch: 0 };
    const { share, hash } = open.get(key) ?? { share: none, hash: createHash('sha256') };
    hash.update(`${deviceIds.join('\n')}\n`);
    const counted = {
      ...share,
      deviceCount: share.deviceCount + deviceIds.length,
      batchCount: share.batchCount + batchCount,
      largestBatch: Math.max(share.largestBatch, largestBatch),
    };
    open.set(key, { share: counted, hash });
  }
  const members = createHash('sha256');
  const shares = inOrder([...open.values()], hubs).map(({ share, hash }, position): CountedShare => {
    members.update(`${keyOf(share)}\t${hash.digest('hex')}\n`);
    return { ...share, part: position + 1 };
  });
  return { asked: cut.asked, members: members.digest('hex'), shares };
}

/** Cuts the target into waves and counts them; writes nothing. */
export async function countWaves(
  { target, batch }: RolloutSpec,
  sorted: SortedTarget,
  cuts: readonly WaveCut[],
  beat: Beat,
): Promise<CountedWave[]> {
  const counted: CountedWave[] = [];
  let devices = 0;
  for await (const { cut, chunks } of wavesOf(sorted, cuts, batch.size)) {
    const beating = (async function* () {
      for await (const chunk of chunks) {
        await beat({ hub: chunk.hub, devices: (devices += chunk.deviceIds.length) });
        yield chunk;
      }
    })();
    counted.push(await countWave(cut, beating, target.hubs));
  }
  return counted;
}

/** Where chunks go: the ledger, below a folder that nothing else writes to. */
export interface Sink {
  readonly ledger: Ledger;
  readonly folder: string;
  readonly beat: Beat;
}

async function put({ ledger, beat }: Sink, path: string, chunk: Chunk, at: Pick<ChunkRef, 'kind' | 'wave' | 'part'>) {
  const record = { deviceIds: chunk.deviceIds, ...(chunk.grouped && { grouped: chunk.grouped }) };
  await ledger.put(path, record);
  await beat({ hub: chunk.hub, devices: chunk.deviceIds.length });
  const { hub, firstBatch, batchCount, deviceIds, ranks } = chunk;
  const deviceCount = deviceIds.length;
  return { ...at, hub, path, firstBatch, batchCount, deviceCount, ranks, sha256: sha256Of(record) } satisfies ChunkRef;
}

/** Waves that were counted, to be written as they were. */
export interface Counting {
  readonly sorted: SortedTarget;
  readonly cuts: readonly WaveCut[];
  readonly counted: readonly CountedWave[];
  /** Number of the first of them. */
  readonly firstWave: number;
}

/** Writes the chunks of waves that were counted before. */
export async function writeWaves(
  batchSize: number,
  { sorted, cuts, counted, firstWave }: Counting,
  sink: Sink,
): Promise<ChunkRef[]> {
  const refs: ChunkRef[] = [];
  let position = 0;
  for await (const { chunks } of wavesOf(sorted, cuts, batchSize)) {
    const wave = firstWave + position;
    const parts = new Map(counted[position]?.shares.map((share) => [keyOf(share), share.part]));
    const written = new Map<number, number>();
    for await (const chunk of chunks) {
      const part = parts.get(keyOf(chunk)) ?? 0;
      const number = written.get(part) ?? 0;
      written.set(part, number + 1);
      const path = `${sink.folder}/w${wave}-p${part}/${number}.json`;
      refs.push(await put(sink, path, chunk, { kind: 'wave', wave, part }));
    }
    position += 1;
  }
  return refs;
}

/** Writes the chunks of those that no wave takes, so that each can be told why. */
export async function writeAsides({ files }: SortedTarget, sink: Sink): Promise<ChunkRef[]> {
  const refs: ChunkRef[] = [];
  for (const kind of ASIDES) {
    let number = 0;
    for await (const chunk of chunksOf(files.rows(kind), 1_000)) {
      refs.push(await put(sink, `${sink.folder}/${kind}/${number}.json`, chunk, { kind, wave: 0, part: 0 }));
      number += 1;
    }
  }
  return refs;
}
