/** Connections to containers: kept open between requests, and given up when they are not accepted in time. */
import * as Http from "node:http"
import * as Net from "node:net"
import type { Duplex } from "node:stream"

/** Destroys a socket that has not connected in time. */
const bounded = (socket: Duplex | null | undefined, connectTimeoutMs: number) => {
  if (socket instanceof Net.Socket && socket.connecting) {
    const timer = setTimeout(
      () => socket.destroy(Object.assign(new Error("the connection was not accepted in time"), { code: "ETIMEDOUT" })),
      connectTimeoutMs
    )
    const clear = () => clearTimeout(timer)
    socket.once("connect", clear)
    socket.once("close", clear)
  }
  return socket
}

class FreshAgent extends Http.Agent {
  readonly #connectTimeoutMs: number

  constructor(connectTimeoutMs: number) {
    super({ keepAlive: false })
    this.#connectTimeoutMs = connectTimeoutMs
  }

  override createConnection(...args: Parameters<Http.Agent["createConnection"]>) {
    // NOTE: half-open, so that a WebSocket whose one side has finished can still deliver the other.
    return bounded(super.createConnection({ ...args[0], ...halfOpen }, args[1]), this.#connectTimeoutMs)
  }
}

const halfOpen = { allowHalfOpen: true }

/**
 * Keeps idle connections for 1.5 seconds: shorter than the usual servers do (gunicorn 2 s, Node 5 s), so that a
 * connection is seldom closed from the other side at the moment it is reused.
 */
export class UpstreamAgent extends Http.Agent {
  /** Opens a connection for each request. */
  readonly fresh: Http.Agent
  readonly #connectTimeoutMs: number

  constructor(connectTimeoutMs: number) {
    super({ keepAlive: true, maxFreeSockets: 256, scheduling: "lifo", timeout: 1_500 })
    this.#connectTimeoutMs = connectTimeoutMs
    this.fresh = new FreshAgent(connectTimeoutMs)
  }

  override createConnection(...args: Parameters<Http.Agent["createConnection"]>) {
    return bounded(super.createConnection(...args), this.#connectTimeoutMs)
  }

  override destroy(): void {
    this.fresh.destroy()
    super.destroy()
  }
}
