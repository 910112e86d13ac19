import { z } from 'zod';
import { telemetrySettingsSchema } from '../../telemetry/settings';

/** What the functions of telemetry work with. */
export interface TelemetryAppSettings {
  readonly tableEndpoint: string;
  readonly signalrEndpoint: string;
  readonly settings: z.output<typeof telemetrySettingsSchema>;
  /** Whose tokens are taken; a function key is asked for where this is missing. */
  readonly signIn?: { readonly authority: string; readonly audience: string };
  /** Missing: others read the event hub. */
  readonly events?: { readonly host: string; readonly eventHub: string };
}

const json = z.string().transform((text, { issues }) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    issues.push({ code: 'custom', message: 'no JSON', input: text });
    return z.NEVER;
  }
});
const https = z.url({ protocol: /^https$/ });
const name = z.string().min(1);

/** As infra/components/telemetry.ts gives them. The trigger itself reads host and consumer group by their names. */
const environment = z
  .object({
    TELEMETRY_TABLES_ENDPOINT: https,
    SIGNALR_ENDPOINT: https,
    TELEMETRY_SETTINGS: json.pipe(telemetrySettingsSchema).prefault('{}'),
    TELEMETRY_AUTHORITY: https.optional(),
    TELEMETRY_AUDIENCE: name.optional(),
    TELEMETRY_EVENT_HUB: name.optional(),
    TELEMETRY_CONSUMER_GROUP: name.optional(),
    Telemetry__fullyQualifiedNamespace: name.optional(),
  })
  .refine((env) => (env.TELEMETRY_AUTHORITY === undefined) === (env.TELEMETRY_AUDIENCE === undefined), {
    path: ['TELEMETRY_AUDIENCE'],
    error: 'both TELEMETRY_AUTHORITY and TELEMETRY_AUDIENCE, or neither',
  })
  .refine(
    (env) => !env.TELEMETRY_EVENT_HUB || (env.TELEMETRY_CONSUMER_GROUP && env.Telemetry__fullyQualifiedNamespace),
    {
      path: ['TELEMETRY_EVENT_HUB'],
      error: 'with TELEMETRY_CONSUMER_GROUP and Telemetry__fullyQualifiedNamespace beside it',
    },
  );

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether the app is telemetry's: one package serves the app of the allocation webhook, too. */
export const hasTelemetry = (env: Environment): boolean => env['TELEMETRY_TABLES_ENDPOINT'] !== undefined;

/** @throws Error naming every setting that is missing or wrong */
export function telemetrySettingsFrom(env: Environment): TelemetryAppSettings {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`the settings of the telemetry functions are not right: ${problems.join('; ')}`);
  }
  const { TELEMETRY_AUTHORITY: authority, TELEMETRY_AUDIENCE: audience, ...rest } = parsed.data;
  const { TELEMETRY_EVENT_HUB: eventHub, Telemetry__fullyQualifiedNamespace: host } = rest;
  return {
    tableEndpoint: rest.TELEMETRY_TABLES_ENDPOINT,
    signalrEndpoint: rest.SIGNALR_ENDPOINT,
    settings: rest.TELEMETRY_SETTINGS,
    ...(authority !== undefined && audience !== undefined && { signIn: { authority, audience } }),
    ...(eventHub !== undefined && host !== undefined && { events: { host, eventHub } }),
  };
}
