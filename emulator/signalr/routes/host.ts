import { SIGNALR_HOST_PATTERN } from '../../names';
import { badRequest, notFound } from '../errors';
import type { SignalRService } from '../service';
import type { SignalRServices } from '../services';

/** Azure/azure-signalr, docs/swagger/v20241201.json. */
const HUB_NAME = /^[A-Za-z][A-Za-z0-9_`,.[\]]{0,127}$/;

/** The service that a request is for. @throws SignalRError 404 */
export function serviceAt(services: SignalRServices, host = ''): SignalRService {
  const name = SIGNALR_HOST_PATTERN.exec(host)?.[1] ?? '';
  const service = services.get(name);
  if (service === undefined) throw notFound(`There is no SignalR service '${name}'.`);
  return service;
}

/** @throws SignalRError 400 naming the rule */
export function hubNameOf(name: string | undefined, application?: string): string {
  for (const each of [name, ...(application === undefined ? [] : [application])]) {
    if (each !== undefined && HUB_NAME.test(each)) continue;
    throw badRequest(`'${each ?? ''}' is no name of a hub: a letter, then up to 127 letters, digits, _ \` , . [ ]`);
  }
  return application === undefined ? String(name) : `${application}_${String(name)}`;
}
