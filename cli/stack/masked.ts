import type { OutputMap } from '@pulumi/pulumi/automation';

const MASK = '[secret]';

/** Stack outputs fit for a screen: whatever Pulumi keeps as a secret is masked, whole. */
export const maskedOutputs = (outputs: OutputMap): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, { value, secret }]) => [name, secret ? MASK : (value as unknown)]),
  );
