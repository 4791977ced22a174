/** `Code` on GitHub's REST API. */
import { Code, CodeFile, CodeHit, CommitSummary } from "@productbuilding/agent"
import { CodeHostError, CommitSha, NotFound, type RepositoryName, sameRepository } from "@productbuilding/core"
import { type Config, Effect, Layer, Result, Schema } from "effect"
import * as GitHubConnection from "./GitHubConnection.ts"
import type { GitHubCredentialsError } from "./GitHubCredentials.ts"
import { beginning } from "./GitHubFile.ts"
import { ghost } from "./GitHubJson.ts"
import { queryAbout } from "./GitHubSearch.ts"

const { split } = GitHubConnection

/** https://docs.github.com/en/rest/search/search#text-match-metadata (read 2026-11-21) */
const FoundJson = Schema.Struct({
  items: Schema.Array(
    Schema.Struct({
      path: Schema.String,
      html_url: Schema.String,
      repository: Schema.Struct({ full_name: Schema.String }),
      text_matches: Schema.optionalKey(
        Schema.Array(
          Schema.Struct({
            property: Schema.optionalKey(Schema.String),
            fragment: Schema.optionalKey(Schema.String)
          })
        )
      )
    })
  )
})

/**
 * Up to 1 MB a file comes with its content; up to 100 MB with an empty one, and `encoding` is `none`.
 * https://docs.github.com/en/rest/repos/contents#get-repository-content (read 2026-11-21)
 */
const FileJson = Schema.Struct({
  type: Schema.Literal("file"),
  path: Schema.String,
  size: Schema.Int,
  encoding: Schema.String,
  content: Schema.String,
  html_url: Schema.String,
  url: Schema.String
})
const EntriesJson = Schema.Array(Schema.Struct({ name: Schema.String, type: Schema.String }))
/** A folder, a submodule, or a link to what is no file of the repository. */
const OtherJson = Schema.Union([EntriesJson, Schema.Struct({ type: Schema.String })])

/** https://docs.github.com/en/rest/commits/commits#list-commits (read 2026-11-21). `author` is `null` for an unknown address. */
const CommitsJson = Schema.Array(
  Schema.Struct({
    sha: CommitSha,
    html_url: Schema.String,
    author: Schema.NullOr(Schema.Struct({ login: Schema.optionalKey(Schema.String) })),
    commit: Schema.Struct({
      message: Schema.String,
      author: Schema.NullOr(Schema.Struct({ name: Schema.optionalKey(Schema.String) })),
      committer: Schema.NullOr(Schema.Struct({ date: Schema.optionalKey(Schema.String) }))
    })
  })
)

/** Of one page of any list or search. */
const maxPerPage = 100

/** A path that stays where it is: `..` would lead to another address of the API. */
const pathOf = (path: string): string | undefined => {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".")
  return parts.includes("..") ? undefined : parts.join("/")
}

const isFile = Schema.is(FileJson)
const isFolder = Schema.is(EntriesJson)
const isCommitSha = Schema.is(CommitSha)

/** The text of the first bytes, without the half of a character at their end; `undefined` if they are no text. */
const textOf = (bytes: Uint8Array, cut: boolean): string | undefined => {
  if (bytes.includes(0)) return undefined
  const decoded = Result.try(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: cut }))
  return Result.isSuccess(decoded) ? decoded.success : undefined
}

/**
 * Code on a connection.
 *
 * `search` sees the default branch alone, files under 384 KB, and an index that lags behind; it may be asked 10 times a
 * minute, needs a word to look for, and finds 100 at most.
 * https://docs.github.com/en/rest/search/search#search-code (read 2026-11-21)
 *
 * `read` takes files of up to 100 MB, `list` shows the first 1000 names of a folder.
 * https://docs.github.com/en/rest/repos/contents#get-repository-content (read 2026-11-21)
 */
const make = (connection: GitHubConnection.GitHubConnection["Service"]): Code["Service"] => {
  const { ask } = connection
  const nothing = (operation: string, repository: RepositoryName) =>
    new CodeHostError({ operation, repository, reason: new NotFound() })

  const search = Effect.fn("GitHubCode.search")(function* (
    repository: RepositoryName,
    query: string,
    { limit }: { readonly limit: number }
  ) {
    const { items } = yield* ask(
      "searching the code",
      repository,
      FoundJson,
      async (octokit, signal) =>
        (
          await octokit.request("GET /search/code", {
            q: queryAbout(repository, query),
            per_page: Math.min(limit, maxPerPage),
            headers: { accept: "application/vnd.github.text-match+json" },
            request: { signal }
          })
        ).data,
      "code_search"
    )
    return items
      .filter((item) => sameRepository(item.repository.full_name, repository))
      .map(
        ({ html_url: url, path, text_matches: matches = [] }) =>
          new CodeHit({
            path,
            fragment: matches
              .flatMap(({ fragment, property }) => (property === "content" ? (fragment ?? []) : []))
              .join("\n…\n"),
            url
          })
      )
  })

  const listCommits = (
    operation: string,
    repository: RepositoryName,
    options: { readonly sha?: string; readonly path?: string; readonly per_page: number }
  ) =>
    ask(
      operation,
      repository,
      CommitsJson,
      async (octokit, signal) =>
        (
          await octokit.request("GET /repos/{owner}/{repo}/commits", {
            ...split(repository),
            ...options,
            request: { signal }
          })
        ).data
    )

  /** The commit that a branch, a tag or nothing means now, so that what is read can be found again. */
  const commitOf = Effect.fnUntraced(function* (
    operation: string,
    repository: RepositoryName,
    ref: string | undefined
  ) {
    if (ref !== undefined && isCommitSha(ref)) return ref
    const [head] = yield* listCommits(operation, repository, {
      per_page: 1,
      ...(ref === undefined ? {} : { sha: ref })
    })
    return head === undefined ? yield* nothing(operation, repository) : head.sha
  })

  const contents = Effect.fnUntraced(function* (
    operation: string,
    repository: RepositoryName,
    path: string,
    ref: string | undefined
  ) {
    const own = pathOf(path)
    if (own === undefined) return yield* nothing(operation, repository)
    return yield* ask(
      operation,
      repository,
      Schema.Union([FileJson, OtherJson]),
      async (octokit, signal) =>
        (
          await octokit.request("GET /repos/{owner}/{repo}/contents/{path}", {
            ...split(repository),
            path: own,
            ...(ref === undefined ? {} : { ref }),
            request: { signal }
          })
        ).data
    )
  })

  const read = Effect.fn("GitHubCode.read")(function* (
    repository: RepositoryName,
    path: string,
    { maxBytes, ref }: { readonly ref?: string; readonly maxBytes: number }
  ) {
    const operation = `reading the file ${path}`
    const sha = yield* commitOf(operation, repository, ref)
    const file = yield* contents(operation, repository, path, sha)
    if (!isFile(file)) return yield* nothing(operation, repository)
    const bytes =
      file.encoding === "base64"
        ? Buffer.from(file.content, "base64").subarray(0, maxBytes)
        : yield* beginning(connection, operation, repository, { url: file.url, maxBytes })
    const cut = file.size > maxBytes
    const text = textOf(bytes, cut)
    if (text === undefined) return yield* nothing(operation, repository)
    return new CodeFile({ path: file.path, text, cut, url: file.html_url })
  })

  const list = Effect.fn("GitHubCode.list")(function* (
    repository: RepositoryName,
    path: string,
    options?: { readonly ref?: string }
  ) {
    const operation = `listing the folder ${path === "" ? "/" : path}`
    const found = yield* contents(operation, repository, path, options?.ref)
    if (!isFolder(found)) return yield* nothing(operation, repository)
    return found.map(({ name, type }) => (type === "dir" ? `${name}/` : name))
  })

  const commits = Effect.fn("GitHubCode.commits")(function* (
    repository: RepositoryName,
    { limit, path }: { readonly path?: string; readonly limit: number }
  ) {
    const listed = yield* listCommits("listing commits", repository, {
      per_page: Math.min(limit, maxPerPage),
      ...(path === undefined ? {} : { path })
    })
    return listed.map(
      ({ author, commit, html_url: url, sha }) =>
        new CommitSummary({
          sha,
          author: author?.login ?? commit.author?.name ?? ghost,
          message: commit.message,
          at: commit.committer?.date ?? "",
          url
        })
    )
  })

  return Code.of({ search, read, list, commits })
}

/** Code on a connection. */
export const layer: Layer.Layer<Code, never, GitHubConnection.GitHubConnection> = Layer.effect(
  Code,
  Effect.map(GitHubConnection.GitHubConnection, make)
)

/** Code on the connection that `GitHubConnection.layerConfig` makes of the environment. */
export const layerConfig: Layer.Layer<Code, GitHubCredentialsError | Config.ConfigError> = layer.pipe(
  Layer.provide(GitHubConnection.layerConfig)
)
