/** The beginning of a file on GitHub that is too big to come in JSON. */
import { CodeHostError, type RepositoryName, Unavailable } from "@productbuilding/core"
import { Effect, Stream } from "effect"
import { request } from "./GitHubClient.ts"
import type { GitHubConnection } from "./GitHubConnection.ts"

/**
 * At most the first `maxBytes`; the rest is not waited for. `url` is the file's address in the API. Silence and a broken
 * connection are `Unavailable`.
 */
export const beginning = Effect.fnUntraced(function* (
  connection: GitHubConnection["Service"],
  operation: string,
  repository: RepositoryName,
  { maxBytes, url }: { readonly url: string; readonly maxBytes: number }
) {
  const unavailable = (detail: string, cause?: unknown) =>
    new CodeHostError({
      operation,
      repository,
      reason: new Unavailable({ detail }),
      ...(cause === undefined ? {} : { cause })
    })
  // NOTE: our credentials go to the API's own origin and to no other.
  if (new URL(url).origin !== new URL(connection.apiUrl).origin) return yield* unavailable("it lies on another host")
  const client = yield* connection.client(repository)
  const { data, status } = yield* request(client, operation, repository, (octokit, signal) =>
    octokit.request({
      method: "GET",
      // NOTE: braces would be read as a template.
      url: url.replaceAll("{", "%7B").replaceAll("}", "%7D"),
      headers: { accept: "application/vnd.github.raw+json" },
      // NOTE: then the body is handed on as it comes.
      request: { signal, redirect: "manual", parseSuccessResponseBody: false }
    })
  )
  const body: unknown = data
  if (status !== 200 || !(body instanceof ReadableStream)) return yield* unavailable("an answer without a file")
  const begun = yield* Stream.fromReadableStream<Uint8Array, CodeHostError>({
    evaluate: () => body,
    onError: (cause) => unavailable("the connection broke in the middle of the file", cause)
  }).pipe(
    Stream.timeoutOrElse({
      duration: connection.timeout,
      orElse: () => Stream.fail(unavailable("nothing more of the file came in time"))
    }),
    Stream.scan(
      () => ({ bytes: 0, chunk: new Uint8Array() }),
      ({ bytes }, chunk) => ({ bytes: bytes + chunk.length, chunk: new Uint8Array(chunk) })
    ),
    Stream.takeUntil(({ bytes }) => bytes >= maxBytes),
    Stream.runCollect
  )
  return Buffer.concat(begun.map(({ chunk }) => chunk)).subarray(0, maxBytes)
})
