/** Accounts that are deleted, of which something may be left: it goes in steps, and nobody sees it any more. */
export const version4 = `
CREATE TABLE deleted_account (id INTEGER PRIMARY KEY) STRICT;
`
