/** Faults on demand: what the sandbox does wrong for the next requests or webhooks. */

/** A fault of the API. */
export interface RequestFault {
  /** Any method when absent. */
  readonly method?: string
  /** A regular expression over the path, without the query. */
  readonly path: string
  /** For how many matching requests. */
  readonly times: number
  /**
   * `status`: answer so, with `retry-after` where given. `hang`: never answer. `drop`: break the connection before
   * anything happened. `lost-answer`: do it, then break the connection.
   */
  readonly kind: "status" | "hang" | "drop" | "lost-answer"
  readonly status?: number
  readonly retryAfterSeconds?: number
}

/** A fault of the webhooks: the next ones are lost, sent twice, or held back until the one after them was sent. */
export interface WebhookFault {
  readonly kind: "lose" | "duplicate" | "reorder"
  readonly times: number
}

/** Takes one use of the first fault that matches. */
export const takeRequestFault = (
  faults: Array<RequestFault & { left: number }>,
  method: string,
  path: string
): RequestFault | undefined => {
  const fault = faults.find(
    (one) => one.left > 0 && (one.method === undefined || one.method === method) && new RegExp(one.path).test(path)
  )
  if (fault !== undefined) fault.left--
  return fault
}
