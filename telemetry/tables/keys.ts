import type { DeviceKey } from '../state';

/**
 * Keys of rows hold names as they are, but for what a key may not hold (`/ \ # ?`, control characters:
 * learn.microsoft.com, "Understanding the Table service data model"), `%`, which proxies decode twice, `|`, which parts
 * two names, and all beyond ASCII, which the SDK's continuation tokens do not keep. Those become `~` and four digits; `~`
 * itself, too. No device id holds one.
 */
export const keyOf = (name: string): string =>
  name.replace(
    /[^ !"$&'()*+,\-.0-9:;<=>@A-Z[\]^_`a-z{}]/g,
    (character) => `~${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** The reverse of {@link keyOf}. */
export const nameOf = (key: string): string =>
  key.replace(/~([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));

/** Of tables with a row for each device. */
export const deviceRow = ({ hub, deviceId }: DeviceKey) => ({ partitionKey: keyOf(hub), rowKey: keyOf(deviceId) });

/** The reverse of {@link deviceRow}. */
export const deviceOf = (row: { readonly partitionKey?: string; readonly rowKey?: string }): DeviceKey => ({
  hub: nameOf(row.partitionKey ?? ''),
  deviceId: nameOf(row.rowKey ?? ''),
});
