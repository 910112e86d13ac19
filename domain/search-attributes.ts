/**
 * Search attributes of rollouts, for lists; the types are Temporal's. They are never encrypted, so no device id is in them.
 */
export const SEARCH_ATTRIBUTES = {
  state: { name: 'GroundswellState', type: 'KEYWORD' },
  hubs: { name: 'GroundswellHubs', type: 'KEYWORD_LIST' },
  requester: { name: 'GroundswellRequester', type: 'KEYWORD' },
  specHash: { name: 'GroundswellSpecHash', type: 'KEYWORD' },
  /** 0 before the first wave. */
  wave: { name: 'GroundswellWave', type: 'INT' },
} as const;

const CLI_TYPES = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList', INT: 'Int' } as const;

/** As the options of Temporal's command line have them: `name` and `type` of `search-attribute create`. */
export const searchAttributeTypes = (): readonly { readonly name: string; readonly type: string }[] =>
  Object.values(SEARCH_ATTRIBUTES).map(({ name, type }) => ({ name, type: CLI_TYPES[type] }));

/** A keyword has 255 bytes at most on servers over SQL; longer ones are cut. */
export const keyword = (text: string): string => text.slice(0, 80);
