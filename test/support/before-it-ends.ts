/**
 * Does what must be done while something lasts, with a longer time where the machine was too slow for it.
 *
 * @param attempt is told when its token ends (seconds since 1970); a failure after that moment is none
 * @returns the moment of the attempt that was in time
 */
export async function beforeItEnds(attempt: (ends: number) => Promise<void>, seconds = 2): Promise<number> {
  const ends = Math.ceil(Date.now() / 1000) + seconds;
  try {
    await attempt(ends);
    return ends;
  } catch (error) {
    if (Date.now() < ends * 1000 || seconds > 60) throw error;
    return beforeItEnds(attempt, 2 * seconds);
  }
}
