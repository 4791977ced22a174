/** How our own pages on a preview's host are told from the preview's. */

/** Carried by every answer that is ours. Its value is the preview's state, or `unavailable`. In lower case. */
export const statusHeader = "x-productbuilding-status"
