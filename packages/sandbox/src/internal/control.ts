/** The controls: what people do on GitHub, done without it. */
import { Option, Schema } from "effect"
import { RequestFault, WebhookFault } from "../Faults.ts"
import type { CommitContent, SandboxComment, SandboxPullRequest } from "../GitHubState.ts"
import { type SandboxControl, SandboxMissing, SandboxRefused } from "../SandboxControl.ts"
import { commentEvent, pingEvent, pullRequestEvent, pushEvent } from "./events.ts"
import {
  type Commit,
  defaultBranch,
  type Hook,
  noCommit,
  type Repository,
  type State,
  viewHook,
  viewRepository
} from "./state.ts"
import { emptyTree, mergeTrees } from "./trees.ts"
import type { Webhooks } from "./webhooks.ts"

/** What the API and the controls both do to comments: the change and its webhook. */
export const makeComments = (state: State, webhooks: Webhooks) => {
  const tell = (repo: Repository, comment: SandboxComment, action: string, sender: string, before?: string) =>
    webhooks.emit(
      repo,
      "issue_comment",
      action,
      commentEvent(state, repo, comment, { action, sender, ...(before === undefined ? {} : { before }) })
    )
  return {
    create: (repo: Repository, number: number, author: string, body: string): SandboxComment => {
      const pull = state.pull(repo, number)
      const at = state.now()
      const comment = { id: state.nextId(), issue: pull.number, author, body, createdAt: at, updatedAt: at }
      repo.comments.set(comment.id, comment)
      tell(repo, comment, "created", author)
      return comment
    },
    edit: (repo: Repository, comment: SandboxComment, sender: string, body: string): SandboxComment => {
      const next = { ...comment, body, updatedAt: state.now() }
      repo.comments.set(next.id, next)
      tell(repo, next, "edited", sender, comment.body)
      return next
    },
    remove: (repo: Repository, comment: SandboxComment, sender: string): void => {
      repo.comments.delete(comment.id)
      tell(repo, comment, "deleted", sender)
    }
  }
}

export type Comments = ReturnType<typeof makeComments>

const checkBranch = (branch: string) => {
  if (!/^[^\s~^:?*[\\]+$/.test(branch) || branch.includes("..")) {
    throw new SandboxRefused({ message: `“${branch}” is no name of a branch.` })
  }
  return branch
}

const decodeFault = Schema.decodeUnknownOption(RequestFault)
const decodeWebhookFault = Schema.decodeUnknownOption(WebhookFault)

/** The controls of one sandbox. */
export const makeControl = (state: State, webhooks: Webhooks, comments: Comments): SandboxControl => {
  const tell = (
    repo: Repository,
    pull: SandboxPullRequest,
    action: string,
    options: { readonly sender?: string; readonly more?: { readonly before: string; readonly after: string } } = {}
  ) =>
    webhooks.emit(
      repo,
      "pull_request",
      action,
      pullRequestEvent(state, repo, pull, { action, sender: pull.author, ...options })
    )

  const update = (repo: Repository, pull: SandboxPullRequest, change: Partial<SandboxPullRequest>) => {
    const next = { ...pull, ...change, updatedAt: state.now() }
    repo.pulls.set(next.number, next)
    return next
  }

  /** Where the head of a pull request's branch is kept, and under which name. */
  const branchOf = (repo: Repository, pull: Pick<SandboxPullRequest, "headRepository" | "headRef">) =>
    pull.headRepository === repo.fullName
      ? { heads: repo.branches, name: pull.headRef }
      : { heads: repo.forkBranches, name: `${pull.headRepository}:${pull.headRef}` }

  /** Moves a branch, and every open pull request from it. */
  const move = (repo: Repository, from: ReturnType<typeof branchOf>, commit: Commit) => {
    const before = from.heads.get(from.name) ?? noCommit
    from.heads.set(from.name, commit.sha)
    const own = from.heads === repo.branches
    if (own) repo.pushedAt = state.now()
    for (const pull of repo.pulls.values()) {
      const its = branchOf(repo, pull)
      if (pull.state !== "open" || its.heads !== from.heads || its.name !== from.name) continue
      const moved = update(repo, pull, { headSha: commit.sha })
      tell(repo, moved, "synchronize", { sender: commit.author, more: { before: pull.headSha, after: commit.sha } })
    }
    // NOTE: GitHub promises no order between the two. This one has faults hit the pull request first.
    if (own) webhooks.emit(repo, "push", null, pushEvent(state, repo, from.name, before, commit))
  }

  const merge = (repo: Repository, pull: SandboxPullRequest): Commit => {
    const tree = (sha: string | undefined) => repo.commits.get(sha ?? "")?.tree ?? emptyTree
    const onto = repo.branches.get(pull.baseRef) ?? pull.baseSha
    const content = mergeTrees(tree(pull.baseSha), tree(pull.headSha), tree(onto))
    return state.commit(repo, [onto, pull.headSha], content, {
      message: `Merge pull request #${pull.number} from ${pull.headRepository.split("/")[0]}/${pull.headRef}`,
      author: repo.owner
    })
  }

  const hookOf = (repo: Repository, id: number): Hook => {
    const hook = repo.hooks.get(id)
    if (hook === undefined) throw new SandboxMissing({ what: `hook ${id} of ${repo.fullName}` })
    return hook
  }

  return {
    get url() {
      return state.api()
    },
    writes: state.writes,
    addRepository: (fullName, content, options) =>
      viewRepository(state.addRepository(fullName, content, options?.private ?? false)),
    repositories: () => Array.from(state.repositories.values(), viewRepository),
    addHook: (fullName, { app = false, events = ["*"], secret = state.webhookSecret, url }) => {
      if (!URL.canParse(url)) throw new SandboxRefused({ message: `“${url}” is no URL.` })
      const id = state.nextId()
      const hook = {
        id,
        url,
        events,
        app,
        secret,
        signed: secret !== "",
        createdAt: state.now(),
        lastStatus: undefined
      }
      state.repository(fullName).hooks.set(id, hook)
      return viewHook(hook)
    },
    ping: (fullName, hookId) => {
      const repo = state.repository(fullName)
      const hook = hookOf(repo, hookId)
      webhooks.offer(repo, hook, "ping", null, pingEvent(state, repo, hook))
    },
    openPullRequest: (fullName, options) => {
      const repo = state.repository(fullName)
      const number = repo.pulls.size + 1
      const author = options.author ?? "octocat"
      const headRef = checkBranch(options.branch ?? `change-${number}`)
      const headRepository = options.fork ?? repo.fullName
      if (!/^[^/\s]+\/[^/\s]+$/.test(headRepository)) {
        throw new SandboxRefused({ message: `“${headRepository}” is no name of a fork; it must be owner/name.` })
      }
      const baseSha = repo.branches.get(defaultBranch) ?? noCommit
      const message = `${options.title} (#${number})`
      const { sha } = state.commit(repo, [baseSha], options.change ?? {}, { message, author })
      const from = branchOf(repo, { headRepository, headRef })
      from.heads.set(from.name, sha)
      if (headRepository === repo.fullName && !repo.permissions.has(author.toLowerCase())) {
        repo.permissions.set(author.toLowerCase(), "write")
      }
      const at = state.now()
      const pull: SandboxPullRequest = {
        id: state.nextId(),
        number,
        title: options.title,
        body: options.body ?? "",
        author,
        headRef,
        baseRef: defaultBranch,
        headRepository,
        headSha: sha,
        baseSha,
        state: "open",
        draft: options.draft ?? false,
        mergeSha: null,
        mergedAt: null,
        closedAt: null,
        createdAt: at,
        updatedAt: at
      }
      repo.pulls.set(number, pull)
      tell(repo, pull, "opened")
      return pull
    },
    push: (fullName, number, content: CommitContent) => {
      const repo = state.repository(fullName)
      const pull = state.pull(repo, number)
      const from = branchOf(repo, pull)
      const before = from.heads.get(from.name) ?? pull.headSha
      const about = { message: `Change ${pull.headRef}`, author: pull.author }
      move(repo, from, state.commit(repo, [before], content, about))
      return state.pull(repo, number)
    },
    pushBranch: (fullName, branch, content, author) => {
      const repo = state.repository(fullName)
      const before = repo.branches.get(checkBranch(branch)) ?? repo.branches.get(defaultBranch) ?? noCommit
      const about = { message: `Change ${branch}`, author: author ?? repo.owner }
      const commit = state.commit(repo, [before], content, about)
      move(repo, { heads: repo.branches, name: branch }, commit)
      return commit.sha
    },
    close: (fullName, number, options) => {
      const repo = state.repository(fullName)
      const pull = state.pull(repo, number)
      if (pull.state === "closed") return pull
      const at = state.now()
      const commit = options?.merge === true ? merge(repo, pull) : undefined
      const closed = update(repo, pull, {
        state: "closed",
        closedAt: at,
        ...(commit === undefined ? {} : { mergedAt: at, mergeSha: commit.sha })
      })
      tell(repo, closed, "closed", { sender: commit === undefined ? pull.author : repo.owner })
      if (commit !== undefined) move(repo, { heads: repo.branches, name: pull.baseRef }, commit)
      return closed
    },
    reopen: (fullName, number) => {
      const repo = state.repository(fullName)
      const pull = state.pull(repo, number)
      if (pull.state === "open") return pull
      const from = branchOf(repo, pull)
      const opened = update(repo, pull, {
        state: "open",
        closedAt: null,
        mergedAt: null,
        mergeSha: null,
        headSha: from.heads.get(from.name) ?? pull.headSha
      })
      tell(repo, opened, "reopened")
      return opened
    },
    comment: (fullName, number, author, body) => comments.create(state.repository(fullName), number, author, body),
    pullRequests: (fullName) => Array.from(state.repository(fullName).pulls.values()),
    comments: (fullName, number) => {
      const repo = state.repository(fullName)
      const pull = state.pull(repo, number)
      return Array.from(repo.comments.values()).filter(({ issue }) => issue === pull.number)
    },
    setPermission: (fullName, login, permission) =>
      void state.repository(fullName).permissions.set(login.toLowerCase(), permission),
    deliveries: (fullName) => Array.from(state.repository(fullName).deliveries),
    redeliver: async (fullName, deliveryId) => {
      const repo = state.repository(fullName)
      const delivery = repo.deliveries.find(({ id }) => id === deliveryId)
      if (delivery === undefined) throw new SandboxMissing({ what: `delivery ${deliveryId} of ${repo.fullName}` })
      return await webhooks.redeliver(repo, hookOf(repo, delivery.hookId), delivery)
    },
    fault: (fault) => {
      const valid = Option.getOrThrowWith(decodeFault(fault), () => refusedFault(fault))
      state.requestFaults.push({ ...valid, left: valid.times })
    },
    webhookFault: (fault) => {
      const valid = Option.getOrThrowWith(decodeWebhookFault(fault), () => refusedFault(fault))
      state.webhookFaults.push({ ...valid, left: valid.times })
    },
    clearFaults: () => {
      state.requestFaults.length = 0
      state.webhookFaults.length = 0
      webhooks.releaseAll()
    },
    writesOf: (fullName) => {
      const { writes } = state.repository(fullName)
      return {
        total: Array.from(writes.values()).reduce((sum, count) => sum + count, 0),
        requests: Object.fromEntries(writes)
      }
    },
    settled: webhooks.settled
  }
}

const refusedFault = (fault: object) =>
  new SandboxRefused({ message: `${JSON.stringify(fault)} is no fault that the sandbox knows.` })
