/** Searches: of issues and pull requests, and of code. */
import type { Call } from "../http.ts"
import { failure, invalid, page, type Route, route } from "../http.ts"
import { issueJson } from "../json/issues.ts"
import { entryJson, namedRepositoryJson } from "../json/repositories.ts"
import { fragmentOf, parseQuery, type SearchQuery, scoreOf } from "../search.ts"
import { defaultBranch, type Repository, type State } from "../state.ts"
import { isPull, same, type Thread, threadsOf } from "../threads.ts"
import { blobSha } from "../trees.ts"

/** https://docs.github.com/en/rest/search/search#limitations-on-query-length (read 2026-11-21) */
const maxQueryCharacters = 256

/** Only smaller files are searched. https://docs.github.com/en/rest/search/search#search-code (read 2026-11-21) */
const maxSearchedBytes = 384 * 1024

const isText = (content: Uint8Array) => !content.includes(0)

const valuesOf = ({ qualifiers }: SearchQuery, ...names: ReadonlyArray<string>) =>
  names.flatMap((name) => qualifiers.get(name) ?? []).map((value) => value.toLowerCase())

const isKind = (thread: Thread, kind: string) => {
  if (kind === "issue") return !isPull(thread)
  if (kind === "pr" || kind === "pull-request") return isPull(thread)
  if (kind === "merged") return isPull(thread) && thread.mergedAt !== null
  return kind === thread.state
}

const fits = (thread: Thread, query: SearchQuery) =>
  valuesOf(query, "is", "type", "state").every((kind) => isKind(thread, kind)) &&
  valuesOf(query, "label").every((label) => thread.labels.some(same(label))) &&
  valuesOf(query, "author").every((login) => same(login)(thread.author)) &&
  valuesOf(query, "assignee").every((login) => thread.assignees.some(same(login)))

const fitsPath = (path: string, query: SearchQuery) =>
  valuesOf(query, "path").every((prefix) => path.toLowerCase().startsWith(prefix.replace(/^\/+/, ""))) &&
  valuesOf(query, "filename").every((name) => path.toLowerCase().split("/").at(-1)?.includes(name)) &&
  valuesOf(query, "extension").every((extension) => path.toLowerCase().endsWith(`.${extension}`))

export const searchRoutes = (state: State): ReadonlyArray<Route> => {
  const isVisible = ({ viewer }: Call, repo: Repository) => {
    if (!repo.private || viewer._tag === "User") return true
    return viewer._tag === "Installation" && viewer.owner === repo.owner.toLowerCase()
  }

  /** Those that are named, or all that may be seen when none is. */
  const repositoriesOf = (call: Call, query: SearchQuery): ReadonlyArray<Repository> => {
    const named = valuesOf(query, "repo")
    const owners = valuesOf(query, "user", "org")
    return Array.from(state.repositories.values()).filter(
      (repo) =>
        isVisible(call, repo) &&
        ((named.length === 0 && owners.length === 0) ||
          named.includes(repo.fullName.toLowerCase()) ||
          owners.includes(repo.owner.toLowerCase()))
    )
  }

  const queryOf = (call: Call) => {
    const text = call.query.get("q") ?? ""
    const query = parseQuery(text)
    const tooLong = query.words.join(" ").length > maxQueryCharacters
    return text.trim() === "" || tooLong ? undefined : query
  }

  const refused = (code: "missing" | "invalid") =>
    invalid({
      resource: "Search",
      field: "q",
      code,
      message: "The search is longer than 256 characters, or names nothing that can be searched."
    })

  return [
    route("GET", "/search/issues", (call) => {
      const query = queryOf(call)
      if (query === undefined) return refused("missing")
      const repositories = repositoriesOf(call, query)
      if (repositories.length === 0) return refused("invalid")
      const found = repositories
        .flatMap((repo) =>
          threadsOf(repo)
            .filter((thread) => fits(thread, query))
            .map((thread) => {
              const comments = Array.from(repo.comments.values()).flatMap(({ body, issue }) =>
                issue === thread.number ? [body] : []
              )
              return { repo, thread, score: scoreOf(query.words, [thread.title, thread.body, ...comments]) }
            })
        )
        .filter(({ score }) => score > 0)
        .toSorted((left, right) => right.score - left.score || right.thread.number - left.thread.number)
      return page(
        state,
        call,
        found,
        ({ repo, score, thread }) => ({ ...issueJson(state, repo, thread), score }),
        (items) => ({ total_count: found.length, incomplete_results: false, search_type: "lexical", items })
      )
    }),
    route("GET", "/search/code", (call) => {
      if (call.viewer._tag === "Anonymous") return failure(401, "Requires authentication")
      const query = queryOf(call)
      if (query === undefined || query.words.length === 0) return refused("missing")
      const repositories = repositoriesOf(call, query)
      if (repositories.length === 0) return refused("invalid")
      const found = repositories
        .flatMap((repo) => {
          const commit = repo.commits.get(repo.branches.get(defaultBranch) ?? "")
          return Array.from(commit?.tree ?? []).flatMap(([path, { content, kind }]) => {
            if (commit === undefined || kind === "link") return []
            if (content.length >= maxSearchedBytes || !isText(content) || !fitsPath(path, query)) return []
            const text = new TextDecoder().decode(content)
            return [{ repo, commit, path, content, text, score: scoreOf(query.words, [path, text]) }]
          })
        })
        .filter(({ score }) => score > 0)
        .toSorted((left, right) => right.score - left.score || left.path.localeCompare(right.path))
      const wantsMatches = call.accept.includes("text-match")
      return page(
        state,
        call,
        found,
        ({ commit, content, path, repo, score, text }) => {
          const api = state.api()
          const sha = blobSha(content)
          const entry = entryJson(api, repo, commit, { path, type: "file", size: content.length, sha })
          const { git_url, html_url, name, url } = entry
          const repository = namedRepositoryJson(api, repo)
          const fragment = fragmentOf(text, query.words)
          const match = { object_url: url, object_type: "FileContent", property: "content", ...fragment }
          const matches = fragment.matches.length === 0 ? [] : [match]
          return {
            name,
            path,
            sha,
            url,
            git_url,
            html_url,
            repository,
            score,
            ...(wantsMatches ? { text_matches: matches } : {})
          }
        },
        (items) => ({ total_count: found.length, incomplete_results: false, items })
      )
    })
  ]
}
