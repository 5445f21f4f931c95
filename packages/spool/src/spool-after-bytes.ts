/** A message that is larger goes through the spool: with its header and what the disk has not taken yet it holds no more memory than this. */
export const spoolAfterBytes = 1_048_576
