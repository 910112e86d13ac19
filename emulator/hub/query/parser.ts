import { readerOf } from '../conditions/reader';
import type { Expression, Query } from './ast';
import { GRAMMAR } from './grammar';

const read = readerOf({ name: 'query', grammar: GRAMMAR, startRules: ['Query', 'Condition'] });

/**
 * Parses a whole query.
 *
 * @throws HubError ArgumentInvalid with the place of the mistake as `line:column`, both from 1
 */
export const parseQuery = (text: string): Query => read(text, 'Query') as Query; // the grammar makes nothing else

/** Parses a bare condition; `*` is no condition. @throws as {@link parseQuery} */
export const parseCondition = (text: string): Expression | undefined =>
  read(text, 'Condition') as Expression | undefined; // the grammar makes nothing else
