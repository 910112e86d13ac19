import { RestError, type TableServiceClient } from '@azure/data-tables';
import { z } from 'zod';

import type { ArmContext } from '../context';
import { parseBody } from '../envelope';
import { ArmError, badRequest, notImplemented } from '../errors';
import { rootIdOf } from '../path';
import { type ArmAnswer, type ArmRequest, listOf, ok, type ResourceType } from '../resource-type';
import { STORAGE_ACCOUNTS } from './storage-accounts';

const TYPE = `${STORAGE_ACCOUNTS}/tableServices/tables`;

/** The body of a PUT (Storage resource provider, TableProperties). */
const description = z.looseObject({
  properties: z.looseObject({ signedIdentifiers: z.array(z.unknown()).max(5).nullish() }).nullish(),
});

/** Names are `<account>/default/<table>`. */
function placeOf({ path: { names } }: ArmRequest): { readonly account: string; readonly table: string } {
  const [account = '', service, table = ''] = names;
  if (service !== 'default') throw badRequest("the table service is named 'default'", 'InvalidRequestPropertyValue');
  return { account, table };
}

function requireName(table: string): void {
  if (/^[A-Za-z][A-Za-z0-9]{2,62}$/.test(table)) return;
  const text = `'${table}' is no table name: 3 to 63 letters and digits, a letter first`;
  throw badRequest(text, 'InvalidResourceName');
}

const shown = ({ path }: ArmRequest, tableName: string): unknown => ({
  id: `${rootIdOf(path)}/tableServices/default/tables/${tableName}`,
  name: tableName,
  type: TYPE,
  properties: { tableName },
});

/** All tables; the table service is the one truth, so those made on the data plane show too. */
async function namesIn(service: TableServiceClient): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of service.listTables()) if (name !== undefined) names.push(name);
  return names;
}

/** Names of tables are compared without case (Table service, "Understanding the Table Service Data Model"). */
const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Turns the table service's refusal into the control plane's. */
async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (!(cause instanceof RestError)) throw cause;
    throw new ArmError(cause.statusCode ?? 503, cause.code ?? 'TableServiceError', `table service: ${cause.message}`);
  }
}

/** Tables of an account, kept by the table service itself. */
export function tables({ storage }: Pick<ArmContext, 'storage'>): ResourceType {
  const find = async (request: ArmRequest): Promise<string | undefined> => {
    const { account, table } = placeOf(request);
    return (await namesIn(storage.tables(account))).find((name) => same(name, table));
  };
  const put = async (request: ArmRequest): Promise<ArmAnswer> => {
    const { account, table } = placeOf(request);
    requireName(table);
    const { properties } = parseBody(description, request.body);
    if ((properties?.signedIdentifiers ?? []).length > 0) throw notImplemented('stored access policies of tables');
    const found = await find(request);
    if (found === undefined) await storage.tables(account).createTable(table);
    return ok(shown(request, found ?? table));
  };
  const remove = async (request: ArmRequest): Promise<ArmAnswer> => {
    const found = await find(request);
    if (found === undefined) return { status: 204 };
    await storage.tables(placeOf(request).account).deleteTable(found);
    return { status: 204 };
  };
  return {
    type: TYPE,
    get: async (request) => {
      const found = await translated(find(request));
      return found === undefined ? undefined : ok(shown(request, found));
    },
    list: async (request) => {
      const names = await translated(namesIn(storage.tables(request.path.names[0] ?? '')));
      return listOf(names.map((name) => shown(request, name)));
    },
    put: (request) => translated(put(request)),
    patch: (request) => translated(put(request)),
    delete: (request) => translated(remove(request)),
  };
}
