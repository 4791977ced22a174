/** A commit's archive from GitHub: a redirect to another host, then a long answer. */
import { CodeHostError, type CommitSha, type RepositoryName, Unavailable } from "@productbuilding/core"
import { Duration, Effect, Stream } from "effect"
import { type GitHubClient, request } from "./GitHubClient.ts"

const maxRedirects = 5

/** What an archive is asked with. */
export interface ArchiveOptions {
  /** With our credentials: asked by that host alone to which they belong. */
  readonly client: GitHubClient
  /** Without any. */
  readonly anonymous: GitHubClient
  readonly apiUrl: string
  /** The longest silence between two pieces. */
  readonly timeout: Duration.Duration
}

/**
 * The gzipped tar as it comes. Redirects are followed by hand, so that our credentials go to the API's own origin and
 * to no other. Silence and a broken connection are `Unavailable`; ending the stream closes the connection.
 *
 * https://docs.github.com/en/rest/repos/contents#download-a-repository-archive-tar (read 2026-11-21): the link of a
 * private repository expires after five minutes.
 */
export const archive = (
  { anonymous, apiUrl, client, timeout }: ArchiveOptions,
  repository: RepositoryName,
  sha: CommitSha
): Stream.Stream<Uint8Array, CodeHostError> => {
  const operation = `fetching the archive of ${sha.slice(0, 7)}`
  const unavailable = (detail: string, cause?: unknown) =>
    new CodeHostError({
      operation,
      repository,
      reason: new Unavailable({ detail }),
      ...(cause === undefined ? {} : { cause })
    })
  const home = new URL(apiUrl).origin

  const get = (url: string) =>
    request(new URL(url).origin === home ? client : anonymous, operation, repository, (octokit, signal) =>
      octokit.request({
        method: "GET",
        // NOTE: braces would be read as a template.
        url: url.replaceAll("{", "%7B").replaceAll("}", "%7D"),
        headers: { accept: "*/*" },
        request: { signal, redirect: "manual", parseSuccessResponseBody: false }
      })
    ).pipe(
      Effect.map(({ data, headers, status }) => {
        const body: unknown = data
        return { body: body instanceof ReadableStream ? body : undefined, location: headers.location, status }
      })
    )

  return Stream.unwrap(
    Effect.gen(function* () {
      let url = `${apiUrl}/repos/${repository}/tarball/${sha}`
      for (let redirects = 0; redirects <= maxRedirects; redirects++) {
        const { body, location, status } = yield* get(url)
        if (status < 300) {
          if (body === undefined) return yield* unavailable("an answer without an archive")
          return Stream.fromReadableStream<Uint8Array, CodeHostError>({
            evaluate: () => body,
            onError: (cause) => unavailable("the connection broke in the middle of the archive", cause)
          }).pipe(
            Stream.timeoutOrElse({
              duration: timeout,
              orElse: () => Stream.fail(unavailable(`nothing more of the archive came for ${Duration.format(timeout)}`))
            })
          )
        }
        yield* Effect.promise(() => body?.cancel() ?? Promise.resolve())
        if (location === undefined) return yield* unavailable("a redirect to nowhere")
        url = new URL(location, url).href
      }
      return yield* unavailable(`more than ${maxRedirects} redirects`)
    })
  )
}
