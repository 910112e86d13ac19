/** The same data without members that are undefined, at any depth: what stores keep. @param value JSON beside those */
export const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
