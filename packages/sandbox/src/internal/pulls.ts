/** What the API and the controls both do to pull requests and their branches: the change and its webhooks. */
import type { Schema } from "effect"
import type { CommitContent, SandboxPullRequest } from "../GitHubState.ts"
import { type NewPullRequest, SandboxRefused } from "../SandboxControl.ts"
import { pullRequestEvent, pushEvent } from "./events.ts"
import { userJson } from "./json/accounts.ts"
import { type Commit, defaultBranch, noCommit, type Repository, type State, takeFault } from "./state.ts"
import { nextNumber, same } from "./threads.ts"
import { emptyTree, mergeTrees } from "./trees.ts"
import type { Webhooks } from "./webhooks.ts"

const checkBranch = (branch: string) => {
  if (!/^[^\s~^:?*[\\]+$/.test(branch) || branch.includes("..")) {
    throw new SandboxRefused({ message: `“${branch}” is no name of a branch.` })
  }
  return branch
}

export const makePulls = (state: State, webhooks: Webhooks) => {
  const tell = (
    repo: Repository,
    pull: SandboxPullRequest,
    action: string,
    options: { readonly sender?: string; readonly more?: Schema.JsonObject } = {}
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
      const fault = takeFault(state.headFaults, () => true)
      if (fault !== undefined) {
        state.formerHeads.set(pull.id, { sha: state.shown(pull).headSha, untilMs: state.nowMs() + fault.forMs })
      }
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

  return {
    open: (repo: Repository, options: NewPullRequest): SandboxPullRequest => {
      const number = nextNumber(repo)
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
        labels: [],
        assignees: [],
        requestedReviewers: [],
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
    push: (repo: Repository, pull: SandboxPullRequest, content: CommitContent): SandboxPullRequest => {
      const from = branchOf(repo, pull)
      const before = from.heads.get(from.name) ?? pull.headSha
      const about = { message: `Change ${pull.headRef}`, author: pull.author }
      move(repo, from, state.commit(repo, [before], content, about))
      return state.pull(repo, pull.number)
    },
    pushBranch: (repo: Repository, branch: string, content: CommitContent, author?: string): string => {
      const before = repo.branches.get(checkBranch(branch)) ?? repo.branches.get(defaultBranch) ?? noCommit
      const about = { message: `Change ${branch}`, author: author ?? repo.owner }
      const commit = state.commit(repo, [before], content, about)
      move(repo, { heads: repo.branches, name: branch }, commit)
      return commit.sha
    },
    close: (
      repo: Repository,
      pull: SandboxPullRequest,
      options: { readonly merge?: boolean; readonly by?: string } = {}
    ): SandboxPullRequest => {
      if (pull.state === "closed") return pull
      const at = state.now()
      const commit = options.merge === true ? merge(repo, pull) : undefined
      const closed = update(repo, pull, {
        state: "closed",
        closedAt: at,
        ...(commit === undefined ? {} : { mergedAt: at, mergeSha: commit.sha })
      })
      tell(repo, closed, "closed", { sender: options.by ?? (commit === undefined ? pull.author : repo.owner) })
      if (commit !== undefined) move(repo, { heads: repo.branches, name: pull.baseRef }, commit)
      return closed
    },
    reopen: (repo: Repository, pull: SandboxPullRequest, by = pull.author): SandboxPullRequest => {
      if (pull.state === "open") return pull
      if (pull.mergedAt !== null) {
        throw new SandboxRefused({ message: `${repo.fullName}#${pull.number} is merged and cannot be opened again.` })
      }
      const from = branchOf(repo, pull)
      const opened = update(repo, pull, {
        state: "open",
        closedAt: null,
        headSha: from.heads.get(from.name) ?? pull.headSha
      })
      tell(repo, opened, "reopened", { sender: by })
      return opened
    },
    setDraft: (repo: Repository, pull: SandboxPullRequest, draft: boolean, by = pull.author): SandboxPullRequest => {
      if (pull.draft === draft) return pull
      const next = update(repo, pull, { draft })
      tell(repo, next, draft ? "converted_to_draft" : "ready_for_review", { sender: by })
      return next
    },
    requestReview: (repo: Repository, pull: SandboxPullRequest, login: string, by = pull.author) => {
      if (same(login)(pull.author)) {
        throw new SandboxRefused({ message: "Review cannot be requested from pull request author." })
      }
      if (pull.requestedReviewers.some(same(login))) return pull
      const next = update(repo, pull, { requestedReviewers: [...pull.requestedReviewers, login] })
      const more = { requested_reviewer: userJson(state.api(), login) }
      tell(repo, next, "review_requested", { sender: by, more })
      return next
    },
    removeReviewRequest: (repo: Repository, pull: SandboxPullRequest, login: string, by = pull.author) => {
      if (!pull.requestedReviewers.some(same(login))) return pull
      const requestedReviewers = pull.requestedReviewers.filter((one) => !same(login)(one))
      const next = update(repo, pull, { requestedReviewers })
      const more = { requested_reviewer: userJson(state.api(), login) }
      tell(repo, next, "review_request_removed", { sender: by, more })
      return next
    },
    /** A review came: nobody waits for it any more. GitHub sends no webhook of that. */
    reviewed: (repo: Repository, pull: SandboxPullRequest, login: string) =>
      update(repo, pull, { requestedReviewers: pull.requestedReviewers.filter((one) => !same(login)(one)) })
  }
}

export type Pulls = ReturnType<typeof makePulls>
