/** How every sandbox begins and ends to listen. */
import { once } from "node:events"
import type { Server } from "node:http"
import { Effect, Schema } from "effect"

/** The sandbox cannot listen there, most often because the port is taken. Choose another. */
export class SandboxNotListening extends Schema.TaggedError<SandboxNotListening>()("SandboxNotListening", {
  host: Schema.String,
  port: Schema.Int,
  cause: Schema.Defect()
}) {
  override get message() {
    return `The sandbox cannot listen on ${this.host}:${this.port}.`
  }
}

export interface Place {
  readonly port?: number | undefined
  readonly host?: string | undefined
}

const loopback = "127.0.0.1"

/** Answers with the URL. Rejects with Node's error when it cannot listen. */
export const listen = async (server: Server, { host = loopback, port = 0 }: Place): Promise<string> => {
  server.listen(port, host)
  await once(server, "listening")
  const address = server.address()
  // NOTE: cannot happen: a server that listens on a host and a port has an address with a port.
  if (address === null || typeof address === "string") throw new Error("The sandbox listens on no port.")
  return `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`
}

/** A sandbox for the life of the scope. */
export const running = <A extends { stop(): Promise<void> }>(place: Place, start: () => Promise<A>) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: start,
      catch: (cause) => new SandboxNotListening({ host: place.host ?? loopback, port: place.port ?? 0, cause })
    }),
    (sandbox) => Effect.promise(() => sandbox.stop())
  )
