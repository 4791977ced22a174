/** Repositories and what is in them, as GitHub's API describes them. */
import { posix } from "node:path"
import type { SandboxFile, SandboxPermission } from "../../GitHubState.ts"
import { type Commit, defaultBranch, includesRole, type Repository } from "../state.ts"
import { blobSha, sorted, treeSha } from "../trees.ts"
import { epoch, idOf, nodeId, userJson, webOf } from "./accounts.ts"

const templates = {
  archive_url: "/{archive_format}{/ref}",
  assignees_url: "/assignees{/user}",
  blobs_url: "/git/blobs{/sha}",
  branches_url: "/branches{/branch}",
  collaborators_url: "/collaborators{/collaborator}",
  comments_url: "/comments{/number}",
  commits_url: "/commits{/sha}",
  compare_url: "/compare/{base}...{head}",
  contents_url: "/contents/{+path}",
  contributors_url: "/contributors",
  deployments_url: "/deployments",
  downloads_url: "/downloads",
  events_url: "/events",
  forks_url: "/forks",
  git_commits_url: "/git/commits{/sha}",
  git_refs_url: "/git/refs{/sha}",
  git_tags_url: "/git/tags{/sha}",
  hooks_url: "/hooks",
  issue_comment_url: "/issues/comments{/number}",
  issue_events_url: "/issues/events{/number}",
  issues_url: "/issues{/number}",
  keys_url: "/keys{/key_id}",
  labels_url: "/labels{/name}",
  languages_url: "/languages",
  merges_url: "/merges",
  milestones_url: "/milestones{/number}",
  notifications_url: "/notifications{?since,all,participating}",
  pulls_url: "/pulls{/number}",
  releases_url: "/releases{/id}",
  stargazers_url: "/stargazers",
  statuses_url: "/statuses/{sha}",
  subscribers_url: "/subscribers",
  subscription_url: "/subscription",
  tags_url: "/tags",
  teams_url: "/teams",
  trees_url: "/git/trees{/sha}"
} as const

/** What is to be said of a repository that need not be in the sandbox, such as a fork. */
interface Named {
  readonly fullName: string
  readonly id?: number
  readonly private?: boolean
  readonly fork?: boolean
  readonly createdAt?: string
  readonly pushedAt?: string
  readonly openIssues?: number
}

export const namedRepositoryJson = (api: string, repo: Named) => {
  const { createdAt = epoch, fork = false, fullName, openIssues = 0, private: isPrivate = false } = repo
  const [owner = "", name = ""] = fullName.split("/")
  const id = repo.id ?? idOf(fullName.toLowerCase())
  const url = `${api}/repos/${fullName}`
  const html = `${webOf(api)}/${fullName}`
  const urls = (suffixes: typeof templates): Record<keyof typeof templates, string> => ({
    ...suffixes,
    ...Object.fromEntries(Object.entries(suffixes).map(([key, suffix]) => [key, `${url}${suffix}`]))
  })
  return {
    id,
    node_id: nodeId("Repository", id),
    name,
    full_name: fullName,
    private: isPrivate,
    owner: userJson(api, owner),
    html_url: html,
    description: null,
    fork,
    url,
    ...urls(templates),
    created_at: createdAt,
    updated_at: createdAt,
    pushed_at: repo.pushedAt ?? createdAt,
    git_url: `git://sandbox.invalid/${fullName}.git`,
    ssh_url: `git@sandbox.invalid:${fullName}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    homepage: null,
    size: 1,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: true,
    has_projects: false,
    has_downloads: true,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    has_pull_requests: true,
    forks_count: 0,
    mirror_url: null,
    archived: false,
    disabled: false,
    open_issues_count: openIssues,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    visibility: isPrivate ? "private" : "public",
    forks: 0,
    open_issues: openIssues,
    watchers: 0,
    default_branch: defaultBranch
  }
}

export const repositoryJson = (api: string, repo: Repository) =>
  namedRepositoryJson(api, {
    ...repo,
    openIssues: [...repo.issues.values(), ...repo.pulls.values()].filter(({ state }) => state === "open").length
  })

const rightsOf = (role: SandboxPermission) => ({
  admin: includesRole(role, "admin"),
  maintain: includesRole(role, "maintain"),
  push: includesRole(role, "write"),
  triage: includesRole(role, "triage"),
  pull: includesRole(role, "read")
})

/** `GET /repos/{owner}/{repo}` */
export const fullRepositoryJson = (api: string, repo: Repository, role: SandboxPermission) => ({
  ...repositoryJson(api, repo),
  permissions: { ...rightsOf(role), pull: true },
  network_count: 0,
  subscribers_count: 0
})

/** The older names, of which there are fewer. */
const legacy = { maintain: "write", triage: "read" } as const

/** `GET /repos/{owner}/{repo}/collaborators/{username}/permission` */
export const permissionJson = (api: string, login: string, role: SandboxPermission) => ({
  permission: role === "maintain" || role === "triage" ? legacy[role] : role,
  role_name: role,
  user: { ...userJson(api, login), permissions: rightsOf(role), role_name: role }
})

/** Files of more than this come without their content. https://docs.github.com/en/rest/repos/contents#get-repository-content (read 2026-11-21) */
const maxContentBytes = 1024 * 1024

export const entryJson = (
  api: string,
  repo: Repository,
  commit: Commit,
  entry: {
    readonly path: string
    readonly type: "file" | "dir" | "symlink"
    readonly size: number
    readonly sha: string
  }
) => {
  const { path, sha, size, type } = entry
  const encoded = path.split("/").map(encodeURIComponent).join("/")
  const self = `${api}/repos/${repo.fullName}/contents/${encoded}?ref=${commit.sha}`
  const git = `${api}/repos/${repo.fullName}/git/${type === "dir" ? "trees" : "blobs"}/${sha}`
  const html = `${webOf(api)}/${repo.fullName}/${type === "dir" ? "tree" : "blob"}/${commit.sha}/${encoded}`
  return {
    name: posix.basename(path),
    path,
    sha,
    size,
    url: self,
    html_url: html,
    git_url: git,
    download_url: type === "dir" ? null : `${webOf(api)}/${repo.fullName}/raw/${commit.sha}/${encoded}`,
    type,
    _links: { self, git, html }
  }
}

const typeOf = (file: SandboxFile) => (file.kind === "link" ? "symlink" : "file")

/** `GET /repos/{owner}/{repo}/contents/{path}`; `undefined` when nothing is there. */
export const contentsJson = (api: string, repo: Repository, commit: Commit, path: string) => {
  const file = commit.tree.get(path)
  if (file !== undefined) {
    const { content } = file
    const size = content.length
    const entry = entryJson(api, repo, commit, { path, type: typeOf(file), size, sha: blobSha(content) })
    if (file.kind === "link") return { ...entry, target: new TextDecoder().decode(content) }
    if (size > maxContentBytes) return { ...entry, content: "", encoding: "none" }
    const lines =
      Buffer.from(content)
        .toString("base64")
        .match(/.{1,60}/g) ?? []
    return { ...entry, content: lines.map((line) => `${line}\n`).join(""), encoding: "base64" }
  }
  const prefix = path === "" ? "" : `${path}/`
  const inside = sorted(commit.tree).filter(([name]) => name.startsWith(prefix))
  if (inside.length === 0 && path !== "") return undefined
  const folders = new Map<string, Array<readonly [string, SandboxFile]>>()
  const entries = inside.flatMap(([name, one]) => {
    const rest = name.slice(prefix.length)
    const slash = rest.indexOf("/")
    if (slash < 0) {
      return [
        entryJson(api, repo, commit, {
          path: name,
          type: typeOf(one),
          size: one.content.length,
          sha: blobSha(one.content)
        })
      ]
    }
    const folder = rest.slice(0, slash)
    folders.set(folder, [...(folders.get(folder) ?? []), [rest.slice(slash + 1), one]])
    return []
  })
  const directories = Array.from(folders, ([name, files]) =>
    entryJson(api, repo, commit, { path: `${prefix}${name}`, type: "dir", size: 0, sha: treeSha(new Map(files)) })
  )
  return [...directories, ...entries].toSorted((left, right) => (left.name < right.name ? -1 : 1))
}
