/** Pull requests as GitHub's API describes them. */
import type { SandboxPullRequest } from "../../GitHubState.ts"
import { noCommit, type Repository, type State } from "../state.ts"
import { compareTrees, emptyTree } from "../trees.ts"
import { nodeId, userJson, webOf } from "./accounts.ts"
import { assigneesJson, associationOf, commentsOf, labelsJson } from "./issues.ts"
import { namedRepositoryJson, repositoryJson } from "./repositories.ts"

/** An element of `GET /repos/{owner}/{repo}/pulls` */
export const pullSimpleJson = (state: State, repo: Repository, pull: SandboxPullRequest) => {
  const api = state.api()
  const repoUrl = `${api}/repos/${repo.fullName}`
  const url = `${repoUrl}/pulls/${pull.number}`
  const issue = `${repoUrl}/issues/${pull.number}`
  const html = `${webOf(api)}/${repo.fullName}/pull/${pull.number}`
  const statuses = `${repoUrl}/statuses/${pull.headSha}`
  const [headOwner = ""] = pull.headRepository.split("/")
  const base = repositoryJson(api, repo)
  return {
    url,
    id: pull.id,
    node_id: nodeId("PullRequest", pull.id),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issue,
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: userJson(api, pull.author),
    body: pull.body === "" ? null : pull.body,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeSha,
    ...assigneesJson(api, pull.assignees),
    requested_reviewers: pull.requestedReviewers.map((login) => userJson(api, login)),
    requested_teams: [],
    labels: labelsJson(api, repo, pull.labels),
    milestone: null,
    draft: pull.draft,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${repoUrl}/pulls/comments{/number}`,
    comments_url: `${issue}/comments`,
    statuses_url: statuses,
    head: {
      label: `${headOwner}:${pull.headRef}`,
      ref: pull.headRef,
      sha: pull.headSha,
      user: userJson(api, headOwner),
      repo:
        pull.headRepository === repo.fullName
          ? base
          : namedRepositoryJson(api, { fullName: pull.headRepository, fork: true, private: repo.private })
    },
    base: {
      label: `${repo.owner}:${pull.baseRef}`,
      ref: pull.baseRef,
      sha: pull.baseSha,
      user: userJson(api, repo.owner),
      repo: base
    },
    _links: {
      self: { href: url },
      html: { href: html },
      issue: { href: issue },
      comments: { href: `${issue}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${repoUrl}/pulls/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: statuses }
    },
    author_association: associationOf(state, repo, pull.author),
    auto_merge: null,
    active_lock_reason: null
  }
}

/** How many commits a branch is ahead of where it began, along first parents. */
const commitsBetween = (repo: Repository, base: string, head: string) => {
  let count = 0
  for (let sha: string | undefined = head; sha !== undefined && sha !== base && sha !== noCommit; count++) {
    sha = repo.commits.get(sha)?.parents[0]
  }
  return count
}

const linesOf = (repo: Repository, sha: string, paths: ReadonlyArray<string>) =>
  paths.reduce((sum, path) => {
    const content = repo.commits.get(sha)?.tree.get(path)?.content ?? new Uint8Array()
    return sum + content.reduce((lines, byte) => (byte === 10 ? lines + 1 : lines), 0)
  }, 0)

/** `GET /repos/{owner}/{repo}/pulls/{number}`, and `pull_request` in webhooks. */
export const pullJson = (state: State, repo: Repository, pull: SandboxPullRequest) => {
  const tree = (sha: string) => repo.commits.get(sha)?.tree ?? emptyTree
  const { added, modified, removed } = compareTrees(tree(pull.baseSha), tree(pull.headSha))
  const merged = pull.mergedAt !== null
  return {
    ...pullSimpleJson(state, repo, pull),
    merged,
    mergeable: merged ? null : true,
    rebaseable: merged ? null : true,
    mergeable_state: merged ? "unknown" : pull.draft ? "draft" : "clean",
    merged_by: merged ? userJson(state.api(), repo.owner) : null,
    comments: commentsOf(repo, pull.number),
    review_comments: Array.from(repo.reviewComments.values()).filter((one) => one.pull === pull.number).length,
    maintainer_can_modify: pull.headRepository !== repo.fullName,
    commits: commitsBetween(repo, pull.baseSha, pull.headSha),
    additions: linesOf(repo, pull.headSha, [...added, ...modified]),
    deletions: linesOf(repo, pull.baseSha, [...removed, ...modified]),
    changed_files: added.length + modified.length + removed.length
  }
}
