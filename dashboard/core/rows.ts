/** Which rows of a long list are in the document. */
export interface RowWindow {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

/** Rows beyond the edges, so that scrolling a little shows no gap. */
const BEYOND = 8;

/**
 * All rows have one height, so where each lies is arithmetic; a library that measures rows would do more than is needed.
 *
 * @param scrollTop how far the list is scrolled, and its height: pixels
 * @example rowsIn({ scrollTop: 400, height: 200, rowHeight: 40, count: 10_000 }) // => { first: 2, end: 23 }
 */
export function rowsIn(list: {
  readonly scrollTop: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly count: number;
}): RowWindow {
  const { scrollTop, height, rowHeight, count } = list;
  const first = Math.max(0, Math.min(count, Math.floor(scrollTop / rowHeight)) - BEYOND);
  return { first, end: Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + BEYOND) };
}

/** Where a key moves in a list; undefined for a key that does not. */
export function movedTo(
  key: string,
  at: number,
  { count, page }: { readonly count: number; readonly page: number },
): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: count - 1,
  };
  const to = Object.hasOwn(steps, key) ? steps[key] : undefined;
  return to === undefined ? undefined : Math.max(0, Math.min(count - 1, to));
}

/** How far a list must be scrolled for a row to be seen whole. */
export function scrolledTo(
  row: number,
  list: { readonly scrollTop: number; readonly height: number; readonly rowHeight: number },
): number {
  const { scrollTop, height, rowHeight } = list;
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + rowHeight - height);
}
