/** Reviews and their comments as GitHub's API describes them. */
import type { SandboxReview, SandboxReviewComment } from "../../GitHubActivity.ts"
import type { Repository, State } from "../state.ts"
import { nodeId, userJson, webOf } from "./accounts.ts"
import { associationOf, reactionsJson } from "./issues.ts"

const urlsOf = (state: State, repo: Repository, pull: number) => ({
  html: `${webOf(state.api())}/${repo.fullName}/pull/${pull}`,
  pullUrl: `${state.api()}/repos/${repo.fullName}/pulls/${pull}`
})

/** `GET /repos/{owner}/{repo}/pulls/{number}/reviews/{id}` */
export const reviewJson = (state: State, repo: Repository, review: SandboxReview) => {
  const { html, pullUrl } = urlsOf(state, repo, review.pull)
  const href = `${html}#pullrequestreview-${review.id}`
  return {
    id: review.id,
    node_id: nodeId("PullRequestReview", review.id),
    user: userJson(state.api(), review.author),
    body: review.body,
    state: review.state.toUpperCase(),
    html_url: href,
    pull_request_url: pullUrl,
    author_association: associationOf(state, repo, review.author),
    _links: { html: { href }, pull_request: { href: pullUrl } },
    submitted_at: review.submittedAt,
    commit_id: review.commitSha
  }
}

/** `review` in webhooks, where the state is in small letters. */
export const reviewEventJson = (state: State, repo: Repository, review: SandboxReview) => ({
  ...reviewJson(state, repo, review),
  body: review.body === "" ? null : review.body,
  state: review.state,
  updated_at: review.updatedAt
})

/** `GET /repos/{owner}/{repo}/pulls/comments/{id}`, and `comment` in webhooks. */
export const reviewCommentJson = (state: State, repo: Repository, comment: SandboxReviewComment) => {
  const { html, pullUrl } = urlsOf(state, repo, comment.pull)
  const url = `${state.api()}/repos/${repo.fullName}/pulls/comments/${comment.id}`
  const href = `${html}#discussion_r${comment.id}`
  return {
    url,
    pull_request_review_id: comment.review,
    id: comment.id,
    node_id: nodeId("PullRequestReviewComment", comment.id),
    diff_hunk: comment.diffHunk,
    path: comment.path,
    commit_id: comment.commitSha,
    original_commit_id: comment.commitSha,
    user: userJson(state.api(), comment.author),
    body: comment.body,
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    html_url: href,
    pull_request_url: pullUrl,
    author_association: associationOf(state, repo, comment.author),
    _links: { self: { href: url }, html: { href }, pull_request: { href: pullUrl } },
    reactions: reactionsJson(url),
    start_line: null,
    original_start_line: null,
    start_side: null,
    line: comment.line,
    original_line: comment.line,
    side: comment.side,
    ...(comment.inReplyTo === null ? {} : { in_reply_to_id: comment.inReplyTo }),
    original_position: comment.line,
    position: comment.line,
    subject_type: "line"
  }
}
