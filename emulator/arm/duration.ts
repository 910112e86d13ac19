import { z } from 'zod';

const DURATION = /^P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** @returns undefined for what is no ISO 8601 duration of days, hours, minutes and seconds @example parse('PT1M') // => 60000 */
function parse(text: string): number | undefined {
  const found = DURATION.exec(text);
  if (found === null) return undefined;
  const [days, hours, minutes, seconds] = found.slice(1).map((part) => Number((part as string | undefined) ?? 0));
  return ((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000;
}

/** A schema for a duration as ISO 8601 text, in milliseconds; within the bounds that Azure sets, which are texts too. */
export const duration = (least: string, most: string) =>
  z.string().transform((text, context) => {
    const ms = parse(text);
    if (ms !== undefined && ms >= (parse(least) ?? 0) && ms <= (parse(most) ?? 0)) return ms;
    context.addIssue(`'${text}' is no ISO 8601 duration from ${least} to ${most}`);
    return z.NEVER;
  });
