import { decodedUri } from '../uri';
import type { Account } from './accounts';
import type { Need, StorageRequest } from './needs';

/** A request that stands in the body of a batch. */
export interface BatchOperation {
  readonly method: string;
  /** As in a path: `DeviceState(PartitionKey='h',RowKey='d')`. */
  readonly path: string;
}

const SERVICE = 'Microsoft.Storage/storageAccounts/tableServices';
const TABLES = `${SERVICE}/tables`;
const ENTITIES = `${TABLES}/entities`;

/** A batch (an entity group transaction) names its tables in its body. */
export const isTableBatch = ({ url = '' }: Pick<StorageRequest, 'url'>): boolean =>
  /^\/\$batch$/i.test(decodedUri(url.split('?', 1)[0] ?? '') ?? '');

/** An older client may name its method in a header (Table service, "Merge Entity"); whichever counts, both are asked for. */
const methodsOf = ({ method = 'GET', headers }: StorageRequest): string[] => [
  method.toUpperCase(),
  ...[headers['x-http-method'] ?? []].flat().map((text) => text.toUpperCase()),
];

const verbOf = (method: string): string =>
  method === 'GET' || method === 'HEAD' ? 'read' : method === 'DELETE' ? 'delete' : 'write';

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

/** What is asked of the tables of an account, by the section of the path that Azurite goes by too (its first). */
function needsOfSection(section: string, methods: readonly string[], comp: string, account: Account): Need[] {
  const verbs = methods.map(verbOf);
  const need = (action: string, table?: string): Need => ({
    plane: action.startsWith(ENTITIES) ? 'data' : 'control',
    resourceId: table === undefined ? account.resourceId : tableId(account, table),
    action,
  });
  if (section === '') return verbs.map((verb) => need(`${SERVICE}/${verb === 'read' ? 'read' : 'write'}`));
  if (/^Tables(\(\))?$/.test(section)) return verbs.map((verb) => need(`${TABLES}/${verb}`));
  const one = /^Tables\('(.*)'\)$/.exec(section)?.[1];
  // Azurite answers a GET of it with the table's entities.
  if (one !== undefined)
    return verbs.flatMap((verb) => [need(`${TABLES}/${verb}`, one), need(`${ENTITIES}/${verb}`, one)]);
  const table = section.replace(/\(.*/s, '');
  if (comp === 'acl') return verbs.map((verb) => need(`${TABLES}/${verb === 'read' ? 'get' : 'set'}Acl/action`, table));
  return verbs.map((verb) => need(`${ENTITIES}/${verb}`, table));
}

const tableId = ({ resourceId }: Account, table: string): string =>
  `${resourceId}/tableServices/default/tables/${table}`;

/**
 * What roles must allow for a request to the table service (storage, "Authorize with Microsoft Entra ID", permissions for
 * table service operations): entities are data, tables are resources.
 *
 * @param batch what the body holds, of a batch
 * @throws Error for a path that cannot be read
 */
export function tableNeedsOf(request: StorageRequest, account: Account, batch: readonly BatchOperation[] = []): Need[] {
  if (isTableBatch(request))
    return distinct(batch.flatMap(({ method, path }) => needsOfSection(path, [method], '', account)));
  const [path = '', search = ''] = (request.url ?? '/').split(/\?(.*)/s);
  const decoded = decodedUri(path);
  if (decoded === undefined) throw new Error(`the path ${path} is not properly encoded`);
  const [section = ''] = decoded.replace(/^\//, '').split('/');
  const comp = new URLSearchParams(search).getAll('comp').join().toLowerCase();
  return needsOfSection(section, unique(methodsOf(request)), comp, account);
}

/** A batch asks the same of one table up to a hundred times. */
const distinct = (needs: readonly Need[]): Need[] => [
  ...new Map(needs.map((need) => [`${need.action} ${need.resourceId}`, need])).values(),
];
