/** MIME indexes and texts that an older program made: the server makes them anew beside its work. Each new `MimeIndex.version` comes with a step that fills it. */
export const version3 = `
CREATE TABLE stale_index (blob_id INTEGER PRIMARY KEY) STRICT;
INSERT INTO stale_index SELECT blob_id FROM blob_index WHERE version < 2;
`
