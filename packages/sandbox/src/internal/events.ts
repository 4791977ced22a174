/** The payloads of webhooks. */
import type { SandboxComment, SandboxPullRequest } from "../GitHubState.ts"
import { userJson, webOf } from "./json/accounts.ts"
import { hookJson } from "./json/hooks.ts"
import { commentJson, issueJson, pullJson } from "./json/pulls.ts"
import { repositoryJson } from "./json/repositories.ts"
import { type Commit, defaultBranch, type Hook, noCommit, type Repository, type State } from "./state.ts"
import { compareTrees, emptyTree } from "./trees.ts"

/** Who did it, and where. */
const common = (state: State, repo: Repository, sender: string) => ({
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
    readonly more?: { readonly before: string; readonly after: string }
  }
) => ({
  action: about.action,
  number: pull.number,
  ...about.more,
  pull_request: pullJson(state, repo, pull),
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
  issue: issueJson(state, repo, state.pull(repo, comment.issue)),
  comment: commentJson(state, repo, comment),
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
  const email = `${commit.author.replace(/[^A-Za-z0-9-]/g, "-")}@users.noreply.github.com`
  const person = { name: commit.author, email, username: commit.author }
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
