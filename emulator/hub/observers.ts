import type { RegistryObserver } from './registry';

/** One observer that tells several, in their order. */
export const observers = (all: readonly RegistryObserver[]): RegistryObserver => ({
  created: (device) => all.forEach((each) => each.created(device)),
  deleted: (device) => all.forEach((each) => each.deleted(device)),
  updated: (device, old) => all.forEach((each) => each.updated(device, old)),
  twinChanged: (device, before, write) => all.forEach((each) => each.twinChanged(device, before, write)),
  connected: (device) => all.forEach((each) => each.connected(device)),
  disconnected: (device) => all.forEach((each) => each.disconnected(device)),
});
