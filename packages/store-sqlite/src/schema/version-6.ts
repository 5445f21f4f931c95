/** Indexes of version 3 have the sizes of decoded bodies. */
export const version6 = `
INSERT OR IGNORE INTO stale_index SELECT blob_id FROM blob_index WHERE version < 3;
`
