import { hubHostName } from '../names';
import type { Clock } from './clock';
import type { HubSettings } from './settings';

/** One IoT hub. */
export class Hub {
  readonly hostName: string;

  /** @param settings replaceable at any time: keys, rights and limits take effect with the next request */
  constructor(
    readonly name: string,
    public settings: HubSettings,
    readonly clock: Clock,
  ) {
    this.hostName = hubHostName(name);
  }

  /** Drops every connection and timer; the hub answers no more. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
