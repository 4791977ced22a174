/** Sizes of disks. */

/** In bytes. */
export const gigabytes = 1024 ** 3
