import { z } from 'zod';
import type { Json } from '../world/json';
import { badRequest, DpsError } from './errors';

/** Largest body that a device may send (azure-docs, includes/iot-dps-limits.md). */
export const LARGEST_DEVICE_BODY = 96 * 1024;

const Body = z.object({
  registrationId: z.string().nullish(),
  payload: z
    .unknown()
    .transform((value) => value as Json | undefined) // parsed from JSON
    .optional(),
  tpm: z.unknown().optional(),
  csr: z.unknown().optional(),
});

/**
 * What a device asks for in its body; an empty one asks for nothing special.
 *
 * @param registrationId as the topic or path names it
 * @returns the payload for a webhook
 * @throws DpsError BadRequest; NotImplemented for what is not built
 */
export function payloadOf(registrationId: string, body: unknown): Json | undefined {
  const parsed = Body.safeParse(body ?? {});
  if (!parsed.success) throw badRequest('The body must be a JSON object.');
  const { registrationId: given, payload, tpm, csr } = parsed.data;
  if (tpm !== undefined && tpm !== null) throw new DpsError('NotImplemented', 'Attestation by TPM is not built.');
  if (csr !== undefined && csr !== null) throw new DpsError('NotImplemented', 'Issuing of certificates is not built.');
  if (given?.toLowerCase() !== registrationId.toLowerCase()) {
    throw badRequest('registrationId: it is missing or differs from the one that signed in.');
  }
  return payload ?? undefined;
}

/** @throws DpsError BadRequest for no date, TooLarge */
export function jsonBody(body: Buffer): unknown {
  if (body.length > LARGEST_DEVICE_BODY) throw new DpsError('TooLarge', 'The message is larger than 96 KB.');
  const text = body.toString().trim();
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest('The body is not valid JSON.');
  }
}

/** A version as all of Azure writes them. @throws DpsError BadRequest when it is missing or malformed */
export function apiVersionOf(text: string | undefined): string {
  if (text !== undefined && /^\d{4}-\d\d-\d\d(-preview)?$/.test(text)) return text;
  throw badRequest('The api-version is missing or malformed.');
}
