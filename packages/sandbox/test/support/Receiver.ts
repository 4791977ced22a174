/** A bot's end of the webhooks: remembers what came, and answers as it is told to. */
import { once } from "node:events"
import { createServer, type IncomingHttpHeaders } from "node:http"
import { Context, Effect, Layer } from "effect"

/** One request, byte for byte. */
export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export class Receiver extends Context.Service<
  Receiver,
  {
    readonly url: string
    readonly received: ReadonlyArray<Received>
    /** From now on. */
    answerWith(status: number): void
  }
>()("@productbuilding/sandbox/test/Receiver") {
  static readonly layer: Layer.Layer<Receiver> = Layer.effect(
    Receiver,
    Effect.acquireRelease(
      Effect.promise(async () => {
        const received: Array<Received> = []
        let status = 202
        const server = createServer((request, response) => {
          const chunks: Array<Buffer> = []
          request.on("data", (chunk: Buffer) => void chunks.push(chunk))
          request.on("end", () => {
            received.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") })
            response.writeHead(status, { "x-bot": "yes" }).end("seen")
          })
        }).listen(0, "127.0.0.1")
        await once(server, "listening")
        const address = server.address()
        if (address === null || typeof address === "string") throw new Error("the receiver listens on no port")
        return {
          server,
          url: `http://127.0.0.1:${address.port}/webhook`,
          received,
          answerWith: (next: number) => {
            status = next
          }
        }
      }),
      ({ server }) =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
  )
}
