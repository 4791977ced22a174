/** Repositories, their content and their pull requests. */
import { randomBytes } from "node:crypto"
import type { SandboxPullRequest } from "../../GitHubState.ts"
import {
  type Call,
  failure,
  invalid,
  json,
  loginOf,
  notFound,
  numberOf,
  page,
  Refusal,
  type Route,
  repositoryOf,
  route
} from "../http.ts"
import { commitJson } from "../json/commits.ts"
import { pullJson, pullSimpleJson } from "../json/pulls.ts"
import { contentsJson, fullRepositoryJson, permissionJson } from "../json/repositories.ts"
import { type Commit, type Repository, resolveRef, type State } from "../state.ts"
import { tarball } from "../tarball.ts"
import { compareTrees, emptyTree } from "../trees.ts"

/** Of the link to a private repository's archive. https://docs.github.com/en/rest/repos/contents#download-a-repository-archive-tar (read 2026-11-21) */
const archiveLinkMs = 5 * 60_000

const listPulls = (repo: Repository, query: URLSearchParams): ReadonlyArray<SandboxPullRequest> | string => {
  const wanted = query.get("state") ?? "open"
  if (!["open", "closed", "all"].includes(wanted)) return "state"
  const [headOwner, headRef] = query.get("head")?.split(":") ?? []
  const base = query.get("base")
  const time = query.get("sort") === "updated" ? "updatedAt" : "createdAt"
  // NOTE: numbers break ties, for times have no fractions.
  const ascending = Array.from(repo.pulls.values())
    .filter(({ state }) => wanted === "all" || state === wanted)
    .filter((pull) => base === null || pull.baseRef === base)
    .filter(
      (pull) =>
        headRef === undefined ||
        (pull.headRef === headRef && pull.headRepository.split("/")[0]?.toLowerCase() === headOwner?.toLowerCase())
    )
    .toSorted((left, right) => left[time].localeCompare(right[time]) || left.number - right.number)
  return query.get("direction") === "asc" ? ascending : ascending.toReversed()
}

/** A commit and all before it, newest first. */
const historyOf = (repo: Repository, head: Commit): ReadonlyArray<Commit> => {
  const found = new Map([[head.sha, head]])
  for (const { parents } of found.values()) {
    for (const commit of parents.flatMap((sha) => repo.commits.get(sha) ?? [])) found.set(commit.sha, commit)
  }
  // NOTE: times have no fractions; among equal ones a commit comes before its parents.
  return Array.from(found.values()).toSorted((left, right) => right.at.localeCompare(left.at))
}

/** Whether a commit changed a file, or one in a folder. */
const changes = (repo: Repository, commit: Commit, path: string): boolean => {
  const { added, modified, removed } = compareTrees(
    repo.commits.get(commit.parents[0] ?? "")?.tree ?? emptyTree,
    commit.tree
  )
  return [...added, ...modified, ...removed].some((one) => path === "" || one === path || one.startsWith(`${path}/`))
}

/** What could be somebody's login. The sandbox has no list of users: whoever could exist does. */
const isLogin = (login: string) => /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38})(?:\[bot\])?$/.test(login)

export const repositoryRoutes = (state: State): ReadonlyArray<Route> => {
  const archiveTokens = new Map<string, number>()

  const pullOf = (call: Call) => {
    const repo = repositoryOf(state, call)
    const pull = repo.pulls.get(numberOf(call, "number"))
    if (pull === undefined) throw new Refusal(notFound)
    return { repo, pull }
  }

  return [
    route("GET", "/repos/:owner/:repo", (call) => {
      const repo = repositoryOf(state, call)
      return json(fullRepositoryJson(state.api(), repo, state.permission(repo, loginOf(call))))
    }),
    route("GET", "/repos/:owner/:repo/pulls", (call) => {
      const repo = repositoryOf(state, call)
      const pulls = listPulls(repo, call.query)
      return typeof pulls === "string"
        ? invalid({ resource: "PullRequest", code: "invalid", field: pulls })
        : page(state, call, pulls, (pull) => pullSimpleJson(state, repo, state.shown(pull)))
    }),
    route("GET", "/repos/:owner/:repo/pulls/:number", (call) => {
      const { pull, repo } = pullOf(call)
      return json(pullJson(state, repo, state.shown(pull)))
    }),
    route("GET", "/repos/:owner/:repo/tarball/:ref*", (call) => {
      const repo = repositoryOf(state, call)
      const commit = resolveRef(repo, call.params["ref"] ?? "")
      if (commit === undefined) return notFound
      const path = `${state.api()}/_codeload/${repo.owner}/${repo.name}/legacy.tar.gz/${commit.sha}`
      if (!repo.private) return { status: 302, headers: { location: path } }
      const token = randomBytes(12).toString("hex")
      archiveTokens.set(token, state.nowMs() + archiveLinkMs)
      return { status: 302, headers: { location: `${path}?token=${token}` } }
    }),
    route("GET", "/_codeload/:owner/:repo/legacy.tar.gz/:sha", (call) => {
      const repo = state.repositories.get(`${call.params["owner"]}/${call.params["repo"]}`.toLowerCase())
      const commit = repo?.commits.get(call.params["sha"] ?? "")
      if (repo === undefined || commit === undefined) return notFound
      const validUntilMs = archiveTokens.get(call.query.get("token") ?? "") ?? 0
      if (repo.private && validUntilMs < state.nowMs()) return notFound
      const name = `${repo.owner}-${repo.name}-${commit.sha.slice(0, 7)}.tar.gz`
      return {
        status: 200,
        stream: tarball(repo, commit),
        headers: { "content-type": "application/x-gzip", "content-disposition": `attachment; filename=${name}` }
      }
    }),
    route("GET", "/repos/:owner/:repo/contents/:path*", (call) => {
      const repo = repositoryOf(state, call)
      const commit = resolveRef(repo, call.query.get("ref") ?? "")
      const path = (call.params["path"] ?? "").replace(/^\/+|\/+$/g, "")
      const file = commit?.tree.get(path)
      if (file !== undefined && /^application\/vnd\.github(\.v3)?\.raw(\+json)?/.test(call.accept)) {
        return { status: 200, bytes: file.content, headers: { "content-type": `${call.accept}; charset=utf-8` } }
      }
      const found = commit === undefined ? undefined : contentsJson(state.api(), repo, commit, path)
      return found === undefined ? notFound : json(found)
    }),
    route("GET", "/repos/:owner/:repo/commits", (call) => {
      const repo = repositoryOf(state, call)
      const head = resolveRef(repo, call.query.get("sha") ?? "")
      if (head === undefined) return failure(404, "Not Found")
      const path = call.query.get("path")
      const author = call.query.get("author")
      const commits = historyOf(repo, head)
        .filter((commit) => path === null || changes(repo, commit, path.replace(/^\/+|\/+$/g, "")))
        .map((commit) => commitJson(state, repo, commit))
        .filter((json) => author === null || author === json.author.login || author === json.commit.author.email)
      return page(state, call, commits, (commit) => commit)
    }),
    route("GET", "/repos/:owner/:repo/collaborators/:login/permission", (call) => {
      const repo = repositoryOf(state, call)
      const login = call.params["login"] ?? ""
      if (!isLogin(login)) return failure(404, `${login} is not a user`)
      return json(permissionJson(state.api(), login, state.permission(repo, login)))
    })
  ]
}
