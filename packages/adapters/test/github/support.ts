/** A server that answers as a test wants, and remembers what it was asked. */
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http"
import { inspect } from "node:util"
import { CommitSha, PullRequestNumber, RepositoryName } from "@productbuilding/core"
import { Effect, Layer, Logger, Redacted, References } from "effect"
import * as GitHubCodeHost from "../../src/github/GitHubCodeHost.ts"

export const repository = RepositoryName.make("acme/shop")
export const one = PullRequestNumber.make(1)
export const sha = CommitSha.make("0123456789".repeat(4))
export const token = "ghp_SecretTokenThatMustNotBeSeen"

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly atMs: number
}

/** Listens until the scope ends. */
export const server = Effect.fnUntraced(function* (listener: RequestListener) {
  const requests: Array<SeenRequest> = []
  const http = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const http = createServer((request, response) => {
        requests.push({
          method: request.method ?? "",
          path: request.url ?? "",
          headers: request.headers,
          atMs: performance.now()
        })
        listener(request, response)
      })
      await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))
      return http
    }),
    (http) =>
      Effect.promise(async () => {
        http.closeAllConnections()
        await new Promise((resolve) => http.close(resolve))
      })
  )
  const address = http.address()
  if (address === null || typeof address === "string") return yield* Effect.die("the server has no port")
  return { url: `http://127.0.0.1:${address.port}`, requests }
})

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  [status, { "content-type": "application/json; charset=utf-8", ...headers }, JSON.stringify(body)] as const

/** A server that gives one answer after the other, and the last one for ever. */
export const answers = (...list: ReadonlyArray<ReturnType<typeof json>>) => {
  let next = 0
  return server((_request, response) => {
    const [status, headers, body] = list[Math.min(next++, list.length - 1)] ?? json({}, 500)
    response.writeHead(status, headers).end(body)
  })
}

export const pull = (number: number, more: object = {}) => ({
  number,
  state: "open",
  merged_at: null,
  draft: false,
  title: "A change",
  user: { login: "ada" },
  html_url: `https://github.com/acme/shop/pull/${number}`,
  head: { sha, ref: "change", repo: { id: 1 } },
  base: { ref: "main", repo: { id: 1 } },
  ...more
})

export const host = (url: string, more: Partial<GitHubCodeHost.GitHubOptions> = {}) =>
  GitHubCodeHost.make({
    apiUrl: url,
    credentials: { _tag: "Token", token: Redacted.make(token) },
    timeout: "500 millis",
    writeInterval: 0,
    ...more
  })

/** Everything that a person or a log could ever see of a value. */
export const everythingOf = (value: unknown) =>
  `${inspect(value, { depth: 20, showHidden: true })}\n${JSON.stringify(value)}\n${String(value)}`

/** Collects every log line of every level. */
export const logged = (lines: Array<string>) =>
  Layer.merge(
    Logger.layer([Logger.make(({ message }) => void lines.push(everythingOf(message)))]),
    Layer.succeed(References.MinimumLogLevel, "All")
  )
