import { InvalidArgumentError } from 'commander';

const MOST = 100_000;

/** Reads the value of `--devices`. */
export function deviceCount(text: string): number {
  const count = Number(text);
  if (text.trim() !== '' && Number.isInteger(count) && count >= 0 && count <= MOST) return count;
  throw new InvalidArgumentError(`It must be a whole number from 0 to ${MOST}.`);
}
