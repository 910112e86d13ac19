import { z } from 'zod';

import type { ArmContext } from '../context';
import { parseBody } from '../envelope';
import { badRequest } from '../errors';
import { nameOf } from '../path';
import { type ArmAnswer, type ArmRequest, type ResourceType } from '../resource-type';
import { keptType } from './kept';
import { STORAGE_ACCOUNTS } from './storage-accounts';

const TYPE = `${STORAGE_ACCOUNTS}/tableServices/tables`;
const RECORDED = { 'x-iothub-emulator': 'recorded' };

const description = z.looseObject({
  properties: z
    .looseObject({
      signedIdentifiers: z
        .array(z.looseObject({ id: z.string().max(64) }))
        .max(5)
        .nullish(),
    })
    .nullish(),
});

/** Tables of an account: recorded, for there is no table service behind them. */
export function tables({ store }: Pick<ArmContext, 'store'>): ResourceType {
  const put = ({ id, path, body }: ArmRequest): ArmAnswer => {
    const tableName = nameOf(path).split('/').at(-1) ?? '';
    if (!/^[A-Za-z][A-Za-z0-9]{2,62}$/.test(tableName))
      throw badRequest(
        `'${tableName}' is no table name: 3 to 63 letters and digits, a letter first`,
        'InvalidResourceName',
      );
    const { properties } = parseBody(description, body);
    const resource = store.put({ id, name: tableName, type: TYPE, properties: { ...properties, tableName } });
    return { status: 200, body: resource, headers: RECORDED };
  };
  return {
    ...keptType({ store }, TYPE),
    put,
    patch: put,
    delete: ({ id }) => {
      store.delete(id);
      return { status: 204 };
    },
  };
}
