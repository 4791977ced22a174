/** The payloads of webhooks. */
import type { Schema } from "effect"
import type { SandboxIssue, SandboxReview, SandboxReviewComment } from "../GitHubActivity.ts"
import type { SandboxComment, SandboxPullRequest } from "../GitHubState.ts"
import { userJson, webOf } from "./json/accounts.ts"
import { personOf } from "./json/commits.ts"
import { hookJson } from "./json/hooks.ts"
import { commentJson, issueJson } from "./json/issues.ts"
import { pullJson, pullSimpleJson } from "./json/pulls.ts"
import { repositoryJson } from "./json/repositories.ts"
import { reviewCommentJson, reviewEventJson } from "./json/reviews.ts"
import { type Commit, defaultBranch, type Hook, noCommit, type Repository, type State } from "./state.ts"
import { threadOf } from "./threads.ts"
import { compareTrees, emptyTree } from "./trees.ts"

/** Who did it, and where. */
export const common = (state: State, repo: Repository, sender: string) => ({
  repository: { ...repositoryJson(state.api(), repo), custom_properties: {} },
  sender: userJson(state.api(), sender)
})

/** `pull_request`; `more` stands before the pull request, as `before` and `after` do for `synchronize`. */
export const pullRequestEvent = (
  state: State,
  repo: Repository,
  pull: SandboxPullRequest,
  about: {
    readonly action: string
    readonly sender: string
    readonly more?: Schema.JsonObject
  }
) => ({
  action: about.action,
  number: pull.number,
  ...about.more,
  pull_request: pullJson(state, repo, pull),
  ...common(state, repo, about.sender)
})

/** `issues`; `more` is what was changed. */
export const issueEvent = (
  state: State,
  repo: Repository,
  issue: SandboxIssue,
  about: { readonly action: string; readonly sender: string; readonly more?: Schema.JsonObject }
) => ({
  action: about.action,
  issue: issueJson(state, repo, issue),
  ...about.more,
  ...common(state, repo, about.sender)
})

/** `issue_comment`; `before` is the former text of an edited one. */
export const commentEvent = (
  state: State,
  repo: Repository,
  comment: SandboxComment,
  about: { readonly action: string; readonly sender: string; readonly before?: string }
) => ({
  action: about.action,
  ...(about.before === undefined ? {} : { changes: { body: { from: about.before } } }),
  issue: issueJson(state, repo, threadOf(repo, comment.issue)),
  comment: commentJson(state, repo, comment),
  ...common(state, repo, about.sender)
})

/** `pull_request_review` */
export const reviewEvent = (
  state: State,
  repo: Repository,
  review: SandboxReview,
  about: { readonly action: string; readonly sender: string }
) => ({
  action: about.action,
  review: reviewEventJson(state, repo, review),
  pull_request: pullSimpleJson(state, repo, state.pull(repo, review.pull)),
  ...common(state, repo, about.sender)
})

/** `pull_request_review_comment`; `before` is the former text of an edited one. */
export const reviewCommentEvent = (
  state: State,
  repo: Repository,
  comment: SandboxReviewComment,
  about: { readonly action: string; readonly sender: string; readonly before?: string }
) => ({
  action: about.action,
  ...(about.before === undefined ? {} : { changes: { body: { from: about.before } } }),
  comment: reviewCommentJson(state, repo, comment),
  pull_request: pullSimpleJson(state, repo, state.pull(repo, comment.pull)),
  ...common(state, repo, about.sender)
})

/** `ping` */
export const pingEvent = (state: State, repo: Repository, hook: Hook) => ({
  zen: "Practicality beats purity.",
  hook_id: hook.id,
  hook: hookJson(state.api(), repo, hook),
  ...common(state, repo, repo.owner)
})

const commitJson = (state: State, repo: Repository, commit: Commit) => {
  const person = { ...personOf(commit.author), username: commit.author }
  return {
    id: commit.sha,
    tree_id: commit.treeSha,
    distinct: true,
    message: commit.message,
    timestamp: commit.at,
    url: `${webOf(state.api())}/${repo.fullName}/commit/${commit.sha}`,
    author: person,
    committer: person,
    ...compareTrees(repo.commits.get(commit.parents[0] ?? "")?.tree ?? emptyTree, commit.tree)
  }
}

/** `push` to a branch of the repository itself. In this payload alone times of the repository are in seconds. */
export const pushEvent = (state: State, repo: Repository, branch: string, before: string, commit: Commit) => {
  const { repository, sender } = common(state, repo, commit.author)
  const seconds = (time: string) => Math.floor(Date.parse(time) / 1000)
  const json = commitJson(state, repo, commit)
  return {
    ref: `refs/heads/${branch}`,
    before,
    after: commit.sha,
    repository: {
      ...repository,
      created_at: seconds(repository.created_at),
      pushed_at: seconds(repository.pushed_at),
      stargazers: 0,
      master_branch: defaultBranch
    },
    pusher: { name: commit.author, email: json.author.email },
    sender,
    created: before === noCommit,
    deleted: false,
    forced: false,
    base_ref: null,
    compare:
      before === noCommit
        ? `${webOf(state.api())}/${repo.fullName}/compare/${branch}`
        : `${webOf(state.api())}/${repo.fullName}/compare/${before.slice(0, 12)}...${commit.sha.slice(0, 12)}`,
    commits: [json],
    head_commit: json
  }
}
