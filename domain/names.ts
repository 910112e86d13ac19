import type { NamedDevices } from './plan';

/** The devices that are named, and how many more there are. */
export const namesText = ({ count, devices }: NamedDevices): string =>
  `${devices.join(', ')}${count > devices.length ? `, and ${count - devices.length} more` : ''}`;
