/** The shell command that shows a preview's log files. */

/**
 * `pattern` may be a glob; everything else in it that means something to a shell is taken literally. With `follow` files
 * that do not exist yet are waited for, and those that are replaced are followed.
 */
export const tailCommand = (
  pattern: string,
  { follow, tail }: { readonly follow: boolean; readonly tail: number }
): string => `tail -q -n ${tail} ${follow ? "-F " : ""}-- ${pattern.replace(/[^\w./*?[\]-]/g, "\\$&")}`
