import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Cache,
  doneBefore,
  emptyCache,
  OPERATIONS_KEPT,
  parseCache,
  remembering,
  serializeCache,
} from '../../../device/agent/cache';
import { FileCache } from '../../../device/agent/cache-file';

const FULL: Cache = {
  ...{ format: 1, registrationId: 'door', home: { hub: 'west', deviceId: 'door', payload: { site: 7 } } },
  provisioning: { idScope: '0ne00000001', endpoint: 'global.azure-devices-provisioning.net' },
  wish: { operationId: 'move', within: 60 },
  unreported: { assignedHub: 'west', at: '2026-11-22T03:00:00.000Z', operationId: null, reason: 'first', error: null },
  operations: [{ method: 'lock', operationId: 'a', status: 200, payload: { done: true } }],
};
const text = serializeCache(FULL);

it('reads what it has written', () => expect(parseCache(text, 'door')).toEqual(FULL));

it.each([
  ['torn', text.slice(0, text.length / 2)],
  ['empty', ''],
  ['zeros, as some disks leave them', '\0'.repeat(100)],
  ["another device's", serializeCache({ ...FULL, registrationId: 'gate' })],
  ['of another format', text.replace('"format":1', '"format":2')],
  ['without a hub', text.replace('"hub":"west"', '"hub":7')],
])('takes one that is %s for none', (_name, found) => {
  expect(parseCache(found, 'door')).toBeUndefined();
});

it('starts with none where there is no file, and after a torn one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cache-'));
  const path = join(folder, 'new', 'door.json');
  const cache = new FileCache(path, 'door');

  const none = await cache.read();
  await cache.write(FULL);
  const written = await cache.read();
  writeFileSync(path, text.slice(0, 20));
  const torn = await cache.read();
  rmSync(folder, { recursive: true });

  expect([none, written, torn]).toEqual([emptyCache('door'), FULL, emptyCache('door')]);
});

it('keeps the order of writes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cache-'));
  const cache = new FileCache(join(folder, 'door.json'), 'door');
  const hubs = Array.from({ length: 20 }, (_, index) => `hub-${index}`);

  await Promise.all(hubs.map((hub) => cache.write({ ...FULL, home: { hub, deviceId: 'door' } })));
  const { home } = await cache.read();
  rmSync(folder, { recursive: true });

  expect(home?.hub).toBe('hub-19');
});

it('forgets the oldest operation first, and each once', () => {
  const done = (operationId: string) => ({ method: 'lock', operationId, status: 200, payload: null });
  const ids = Array.from({ length: OPERATIONS_KEPT + 2 }, (_, index) => String(index));

  const cache = [...ids, '5'].reduce((kept, id) => remembering(kept, done(id)), emptyCache('door'));

  expect(cache.operations).toHaveLength(OPERATIONS_KEPT);
  expect(doneBefore(cache, 'lock', '1')).toBeUndefined();
  expect(doneBefore(cache, 'lock', '2')).toBeDefined();
  expect(doneBefore(cache, 'unlock', '2')).toBeUndefined();
  expect(cache.operations.at(-1)?.operationId).toBe('5');
});
