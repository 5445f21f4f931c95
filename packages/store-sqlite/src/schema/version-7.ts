/** Who holds a lease, so that several servers can work on one queue; of those that an older program took, nobody. */
export const version7 = `
ALTER TABLE queue_recipient ADD COLUMN lease_owner TEXT NOT NULL DEFAULT '';
-- The leases that there are: few, and what is busy is told by them.
CREATE INDEX queue_recipient_leased ON queue_recipient (domain, queue_id, due_at, lease_owner) WHERE is_leased = 1;
`
