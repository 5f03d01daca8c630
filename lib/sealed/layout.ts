/** The only version so far. */
export const version = 1;

// Where the fields of a sealed message begin; `sealed()` has the table.
export const at = { version: 0, keyId: 1, prefix: 4, sequence: 12, text: 16 } as const;

export const nonceLength = 12;
export const tagLength = 16;
export const overhead: number = at.text + tagLength;

export const greatestKeyId: number = 2 ** 24 - 1;
export const greatestSequence: number = 2 ** 32 - 1;

/** What one call of OpenSSL takes. */
export const longestText: number = 2 ** 31 - 1 - overhead;
