export interface SharedAnswers<Key, Answer> {
  of(key: Key): Promise<Answer>;
  /** What was heard before is out of date. */
  forget(key: Key): void;
}

/**
 * Asks on behalf of many who want to know the same: who asks shortly after another one gets the same answer. A failure is
 * told to those who waited for it, and to nobody after them.
 *
 * @param ms how old an answer may be
 */
export function sharedAnswers<Key, Answer>(
  ms: number,
  ask: (key: Key) => Promise<Answer>,
  now: () => number = Date.now,
): SharedAnswers<Key, Answer> {
  const last = new Map<Key, { readonly at: number; readonly answer: Promise<Answer> }>();
  return {
    of(key) {
      const known = last.get(key);
      if (known !== undefined && now() - known.at < ms) return known.answer;
      const answer = ask(key);
      const asked = { at: now(), answer };
      last.set(key, asked);
      answer.catch(() => {
        if (last.get(key) === asked) last.delete(key);
      });
      return answer;
    },
    forget: (key) => void last.delete(key),
  };
}
