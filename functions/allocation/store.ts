import { z } from 'zod';
import type { Assignment } from '../../domain/assignment';

/** Where the worker writes the moves of devices of enrollment groups. */
export interface AssignmentStore {
  /**
   * One read of one record, always of what is there now.
   *
   * @param path   of domain/assignment.ts
   * @param signal ends the read
   * @returns      the text of the record, or undefined where there is none
   * @throws       whatever keeps it from knowing
   */
  read(path: string, signal: AbortSignal): Promise<string | undefined>;
}

const jsonObject = z.record(z.string(), z.json());
const record = z.object({
  hub: z.string().min(1),
  rolloutId: z.string().min(1),
  at: z.string(),
  payload: jsonObject.optional(),
  initialTwin: z
    .object({
      tags: jsonObject.optional(),
      properties: z.object({ desired: jsonObject.optional() }).optional(),
    })
    .optional(),
});

/** @throws Error, without quoting it, when the text is no assignment */
export function assignmentOf(text: string): Assignment {
  const parsed = record.safeParse(jsonOf(text));
  if (!parsed.success) throw new Error('the record is no assignment');
  return parsed.data as Assignment;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
