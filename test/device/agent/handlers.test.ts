import { setImmediate as tick } from 'node:timers/promises';
import { doneBefore, emptyCache, remembering } from '../../../device/agent/cache';
import { Desired } from '../../../device/agent/desired';
import { type Memory, Methods } from '../../../device/agent/methods';
import type { Device, Properties } from '../../../device/agent/types';

const device: Device = { registrationId: 'door', report: () => Promise.resolve(), send: () => undefined };

function memory(): Memory {
  let cache = emptyCache('door');
  return {
    done: (method, operationId) => doneBefore(cache, method, operationId),
    remember(operation) {
      cache = remembering(cache, operation);
      return Promise.resolve();
    },
  };
}

describe('a method', () => {
  it('that throws is answered with 500 and the message', async () => {
    const fail = () => {
      throw new Error('jammed');
    };

    expect(await new Methods({ fail }, memory(), device).call('fail', null)).toEqual({
      status: 500,
      payload: { error: 'jammed' },
    });
  });

  /** Counts its runs; the first may be told to fail. */
  function counting(first: number) {
    const runs: unknown[] = [];
    const handle = (payload: unknown) => {
      runs.push(payload);
      return { status: runs.length === 1 ? first : 200, payload: { run: runs.length } };
    };
    return { runs, methods: new Methods({ open: { operationIdField: 'id', handle } }, memory(), device) };
  }

  it('runs once for an operation, also when it is called twice at a time', async () => {
    const { runs, methods } = counting(200);

    const answers = await Promise.all([methods.call('open', { id: 'a' }), methods.call('open', { id: 'a' })]);
    const later = await methods.call('open', { id: 'a' });

    expect([...answers, later]).toEqual(Array(3).fill({ status: 200, payload: { run: 1 } }));
    expect(runs).toHaveLength(1);
  });

  it('runs for each other operation, without one, and again after it has failed', async () => {
    const { runs, methods } = counting(503);

    for (const payload of [{ id: 'a' }, { id: 'a' }, { id: 'b' }, {}, null]) await methods.call('open', payload);

    expect(runs).toEqual([{ id: 'a' }, { id: 'a' }, { id: 'b' }, {}, null]);
  });
});

describe('desired properties', () => {
  /** Takes changes, and says what was applied and reported. */
  function taking(failOn?: unknown) {
    const [applied, reported]: [unknown[], Properties[]] = [[], []];
    let broken = failOn !== undefined;
    const floor = (value: unknown): unknown => {
      if (broken && value === failOn) throw new Error('cannot');
      applied.push(value);
      return value;
    };
    const desired = new Desired({
      handlers: { floor, silent: () => undefined },
      report: (patch) => Promise.resolve(reported.push(patch)),
      problem: () => undefined,
    });
    const take = async (hub: string, change: Properties): Promise<void> => {
      desired.take(hub, change);
      for (let turn = 0; turn < 5; turn += 1) await tick();
    };
    return { applied, reported, take, mend: () => void (broken = false) };
  }

  it('are applied once a version, and by version of each hub', async () => {
    const { applied, reported, take } = taking();

    await take('west', { floor: 1, other: 1, silent: 1, $version: 4 });
    await take('west', { floor: 9, $version: 3 });
    await take('west', { floor: 1, $version: 4 });
    await take('west', { floor: null, $version: 5 });
    await take('east', { floor: 2, $version: 1 });

    expect(applied).toEqual([1, null, 2]);
    expect(reported).toEqual([{ floor: 1 }, { floor: null }, { floor: 2 }]);
  });

  it('that could not be applied are applied with the next connection', async () => {
    const { applied, take, mend } = taking(7);
    await take('west', { floor: 7, $version: 4 });
    mend();

    await take('west', { floor: 7, $version: 4 });

    expect(applied).toEqual([7]);
  });
});
