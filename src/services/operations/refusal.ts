/**
 * Where a swap or fence stands: its latest attempt was not refused, refused for its keyset, refused for good, refused again
 * and again in words that we do not know, or answered again and again by what is neither signatures nor a refusal.
 */
export type Refusal = 'none' | 'keyset_retired' | 'definite' | 'unlisted' | 'nonsense';
