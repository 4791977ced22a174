/** What a sandbox remembers. */
import { DateTime } from "effect"
import type { HeadFault, RequestFault, WebhookFault } from "../Faults.ts"
import type {
  SandboxCheckRun,
  SandboxCheckSuite,
  SandboxCommitStatus,
  SandboxDeployment,
  SandboxDeploymentStatus,
  SandboxIssue,
  SandboxLabel,
  SandboxRelease,
  SandboxReview,
  SandboxReviewComment
} from "../GitHubActivity.ts"
import {
  type CommitContent,
  type SandboxComment,
  type SandboxDelivery,
  type SandboxHook,
  SandboxPermission,
  type SandboxPullRequest,
  type SandboxRepository,
  type SandboxTree
} from "../GitHubState.ts"
import { SandboxMissing, SandboxRefused } from "../SandboxControl.ts"
import { commitSha, emptyTree, treeOf, treeSha } from "./trees.ts"

export const defaultBranch = "main"
export const noCommit = "0".repeat(40)

/** A commit; `tree` is its content. */
export interface Commit {
  readonly sha: string
  readonly parents: ReadonlyArray<string>
  readonly tree: SandboxTree
  readonly treeSha: string
  readonly message: string
  readonly author: string
  readonly at: string
}

/** A hook with its secret, and what its last receiver said. */
export interface Hook extends SandboxHook {
  readonly secret: string
  lastStatus: number | undefined
}

/** A repository with all that belongs to it; forks share the commits of their parent, as on GitHub. */
export interface Repository extends Omit<SandboxRepository, "branches"> {
  readonly fullName: string
  readonly createdAt: string
  pushedAt: string
  readonly commits: Map<string, Commit>
  readonly branches: Map<string, string>
  /** Heads of forks' branches, by `owner/name:branch`. */
  readonly forkBranches: Map<string, string>
  readonly pulls: Map<number, SandboxPullRequest>
  readonly issues: Map<number, SandboxIssue>
  readonly comments: Map<number, SandboxComment>
  /** By name in lower case. */
  readonly labels: Map<string, SandboxLabel>
  readonly reviews: Map<number, SandboxReview>
  readonly reviewComments: Map<number, SandboxReviewComment>
  readonly checkSuites: Map<number, SandboxCheckSuite>
  readonly checkRuns: Map<number, SandboxCheckRun>
  readonly statuses: Map<number, SandboxCommitStatus>
  readonly deployments: Map<number, SandboxDeployment>
  readonly deploymentStatuses: Map<number, SandboxDeploymentStatus>
  readonly releases: Map<number, SandboxRelease>
  readonly hooks: Map<number, Hook>
  readonly deliveries: Array<SandboxDelivery>
  readonly permissions: Map<string, SandboxPermission>
  readonly writes: Map<string, number>
}

/** A fault with the uses that it has left. */
export type Left<Fault> = Fault & { left: number }

/** Who a sandbox takes its callers for. */
export interface Identity {
  /** Of every token. */
  readonly login: string
  readonly app: { readonly id: number; readonly slug: string }
  /** `undefined` accepts any. */
  readonly tokens: ReadonlyArray<string> | undefined
}

/** What does not depend on what is in it. */
export interface StateOptions extends Identity {
  /** Of hooks without one of their own; empty for none. */
  readonly webhookSecret: string
  /** Public ones, by login. */
  readonly emails?: Readonly<Record<string, string>>
  /** The base URL, once the sandbox listens. */
  readonly api: () => string
}

/** Whether a role includes another one. */
export const includesRole = (has: SandboxPermission, wanted: SandboxPermission): boolean =>
  SandboxPermission.literals.indexOf(has) <= SandboxPermission.literals.indexOf(wanted)

/** Takes one use of the first fault that matches. */
export const takeFault = <Fault extends object>(
  faults: Array<Left<Fault>>,
  matches: (fault: Fault) => boolean
): Fault | undefined => {
  const fault = faults.find((one) => one.left > 0 && matches(one))
  if (fault === undefined) return undefined
  fault.left--
  if (fault.left === 0) faults.splice(faults.indexOf(fault), 1)
  return fault
}

/** An empty memory. */
export const makeState = (options: StateOptions) => {
  const repositories = new Map<string, Repository>()
  const headFaults: Array<Left<HeadFault>> = []
  const requestFaults: Array<Left<RequestFault>> = []
  const webhookFaults: Array<Left<WebhookFault>> = []
  /** By the pull request's id. */
  const formerHeads = new Map<number, { readonly sha: string; readonly untilMs: number }>()
  const writes = new Map<string, number>()
  const installationTokens = new Map<string, { readonly owner: string; readonly expiresAtMs: number }>()
  let lastId = 1000

  const nextId = () => ++lastId
  const nowMs = () => DateTime.toEpochMillis(DateTime.nowUnsafe())
  const isoOf = (ms: number) => DateTime.formatIso(DateTime.makeUnsafe(ms)).replace(/\.\d+Z$/, "Z")
  const now = () => isoOf(nowMs())

  const repository = (fullName: string): Repository => {
    const found = repositories.get(fullName.toLowerCase())
    if (found === undefined) throw new SandboxMissing({ what: `repository ${fullName}` })
    return found
  }

  const pull = (repo: Repository, number: number): SandboxPullRequest => {
    const found = repo.pulls.get(number)
    if (found === undefined) throw new SandboxMissing({ what: `pull request ${repo.fullName}#${number}` })
    return found
  }

  const commit = (
    repo: Repository,
    parents: ReadonlyArray<string>,
    content: CommitContent,
    about: { readonly message: string; readonly author: string }
  ): Commit => {
    const parent = repo.commits.get(parents[0] ?? "")?.tree ?? emptyTree
    const tree = treeOf(parent, content)
    const id = treeSha(tree)
    const made: Commit = { ...about, sha: commitSha(id, parents, about.message), parents, tree, treeSha: id, at: now() }
    repo.commits.set(made.sha, made)
    return made
  }

  const addRepository = (fullName: string, content: string | SandboxTree, isPrivate: boolean): Repository => {
    const [, owner, name] = /^([A-Za-z0-9-]+)\/([A-Za-z0-9._-]+)$/.exec(fullName) ?? []
    if (owner === undefined || name === undefined) {
      throw new SandboxRefused({ message: `“${fullName}” is no name of a repository; it must be owner/name.` })
    }
    const repo: Repository = {
      id: nextId(),
      owner,
      name,
      fullName,
      private: isPrivate,
      createdAt: now(),
      pushedAt: now(),
      commits: new Map(),
      branches: new Map(),
      forkBranches: new Map(),
      pulls: new Map(),
      issues: new Map(),
      comments: new Map(),
      labels: new Map(),
      reviews: new Map(),
      reviewComments: new Map(),
      checkSuites: new Map(),
      checkRuns: new Map(),
      statuses: new Map(),
      deployments: new Map(),
      deploymentStatuses: new Map(),
      releases: new Map(),
      hooks: new Map(),
      deliveries: [],
      permissions: new Map([[owner.toLowerCase(), "admin"]]),
      writes: new Map()
    }
    repo.branches.set(defaultBranch, commit(repo, [], content, { message: "First commit", author: owner }).sha)
    repositories.set(fullName.toLowerCase(), repo)
    return repo
  }

  const permission = (repo: Repository, login: string): SandboxPermission => {
    const set = repo.permissions.get(login.toLowerCase())
    if (set !== undefined) return set
    if (login === options.login || login === `${options.app.slug}[bot]`) return "write"
    return repo.private ? "none" : "read"
  }

  return {
    ...options,
    repositories,
    headFaults,
    requestFaults,
    webhookFaults,
    formerHeads,
    /** A pull request as the API shows it: with its former head while a fault hides the new one. */
    shown: (pull: SandboxPullRequest): SandboxPullRequest => {
      const former = formerHeads.get(pull.id)
      return former === undefined || former.untilMs <= nowMs() ? pull : { ...pull, headSha: former.sha }
    },
    writes,
    installationTokens,
    nextId,
    nowMs,
    isoOf,
    now,
    repository,
    pull,
    commit,
    addRepository,
    permission
  }
}

/** Everything behind the controls and the routes. */
export type State = ReturnType<typeof makeState>

/** The commit that a name of any kind means: a branch, a release's tag, a head of a pull request, or an id of at least 7 digits. */
export const resolveRef = (repo: Repository, ref: string): Commit | undefined => {
  const name = ref.replace(/^refs\//, "").replace(/^heads\//, "")
  const [, number] = /^pull\/(\d+)\/head$/.exec(name) ?? []
  const tagged = () => Array.from(repo.releases.values()).find(({ tag }) => tag === name.replace(/^tags\//, ""))?.sha
  const sha =
    name === "" || name === "HEAD"
      ? repo.branches.get(defaultBranch)
      : (repo.branches.get(name) ??
        (number === undefined ? (tagged() ?? name) : repo.pulls.get(Number(number))?.headSha))
  if (sha === undefined) return undefined
  const exact = repo.commits.get(sha)
  if (exact !== undefined || !/^[0-9a-f]{7,39}$/.test(sha)) return exact
  const matches = Array.from(repo.commits.values()).filter((one) => one.sha.startsWith(sha))
  return matches.length === 1 ? matches[0] : undefined
}

/** What the controls show of a repository. */
export const viewRepository = ({ branches, id, name, owner, private: isPrivate }: Repository): SandboxRepository => ({
  id,
  owner,
  name,
  private: isPrivate,
  branches: Object.fromEntries(branches)
})

/** What the controls show of a hook. */
export const viewHook = ({ app, createdAt, events, id, signed, url }: Hook): SandboxHook => ({
  id,
  url,
  events,
  signed,
  app,
  createdAt
})
