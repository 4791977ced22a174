/** What the API and the controls both do to reviews and their comments: the change and its webhook. */
import type { NewReview, NewReviewComment, SandboxReview, SandboxReviewComment } from "../GitHubActivity.ts"
import type { SandboxPullRequest } from "../GitHubState.ts"
import { SandboxMissing, SandboxRefused } from "../SandboxControl.ts"
import { reviewCommentEvent, reviewEvent } from "./events.ts"
import type { Pulls } from "./pulls.ts"
import type { Repository, State } from "./state.ts"
import { same } from "./threads.ts"
import type { Webhooks } from "./webhooks.ts"

export const reviewOf = (repo: Repository, pull: number, id: number): SandboxReview => {
  const found = repo.reviews.get(id)
  if (found?.pull !== pull) throw new SandboxMissing({ what: `review ${id} of ${repo.fullName}#${pull}` })
  return found
}

export const reviewCommentOf = (repo: Repository, id: number): SandboxReviewComment => {
  const found = repo.reviewComments.get(id)
  if (found === undefined) throw new SandboxMissing({ what: `review comment ${id} of ${repo.fullName}` })
  return found
}

/** The line as it stands in the head, as an added one. */
const hunkOf = (repo: Repository, pull: SandboxPullRequest, path: string, line: number) => {
  const content = repo.commits.get(pull.headSha)?.tree.get(path)?.content ?? new Uint8Array()
  const text = new TextDecoder().decode(content).split("\n")[line - 1] ?? ""
  return `@@ -${line - 1},0 +${line} @@\n+${text}`
}

export const makeReviews = (state: State, webhooks: Webhooks, pulls: Pulls) => {
  const tell = (repo: Repository, review: SandboxReview, action: string, sender: string) =>
    webhooks.emit(repo, "pull_request_review", action, reviewEvent(state, repo, review, { action, sender }))

  const tellComment = (
    repo: Repository,
    comment: SandboxReviewComment,
    action: string,
    sender: string,
    before?: string
  ) =>
    webhooks.emit(
      repo,
      "pull_request_review_comment",
      action,
      reviewCommentEvent(state, repo, comment, { action, sender, ...(before === undefined ? {} : { before }) })
    )

  const draftOf = (repo: Repository, pull: SandboxPullRequest, review: SandboxReview, options: NewReviewComment) => {
    const thread = options.inReplyTo === undefined ? undefined : reviewCommentOf(repo, options.inReplyTo)
    const path = options.path ?? thread?.path
    if (path === undefined) throw new SandboxRefused({ message: "A comment on a line needs the path of its file." })
    const line = options.line ?? thread?.line ?? 1
    return {
      id: state.nextId(),
      pull: pull.number,
      review: review.id,
      author: options.author ?? review.author,
      body: options.body,
      path,
      line,
      side: options.side ?? thread?.side ?? "RIGHT",
      diffHunk: options.diffHunk ?? thread?.diffHunk ?? hunkOf(repo, pull, path, line),
      commitSha: pull.headSha,
      inReplyTo: thread === undefined ? null : (thread.inReplyTo ?? thread.id),
      createdAt: review.submittedAt,
      updatedAt: review.submittedAt
    } satisfies SandboxReviewComment
  }

  const submit = (repo: Repository, pull: SandboxPullRequest, options: NewReview) => {
    const author = options.author ?? repo.owner
    const verdict = options.state ?? "commented"
    if (verdict !== "commented" && same(author)(pull.author)) {
      throw new SandboxRefused({ message: `${author} cannot judge a pull request of their own.` })
    }
    const at = state.now()
    const review: SandboxReview = {
      id: state.nextId(),
      pull: pull.number,
      author,
      body: options.body ?? "",
      state: verdict,
      commitSha: pull.headSha,
      submittedAt: at,
      updatedAt: at
    }
    const comments = (options.comments ?? []).map((one) => draftOf(repo, pull, review, one))
    repo.reviews.set(review.id, review)
    for (const comment of comments) repo.reviewComments.set(comment.id, comment)
    pulls.reviewed(repo, pull, author)
    tell(repo, review, "submitted", author)
    for (const comment of comments) tellComment(repo, comment, "created", comment.author)
    return { review, comments }
  }

  return {
    submit: (repo: Repository, pull: SandboxPullRequest, review: NewReview): SandboxReview =>
      submit(repo, pull, review).review,
    dismiss: (repo: Repository, review: SandboxReview, by: string): SandboxReview => {
      if (review.state === "dismissed") return review
      if (review.state === "commented") {
        throw new SandboxRefused({ message: "Can not dismiss a commented pull request review" })
      }
      const next: SandboxReview = { ...review, state: "dismissed", updatedAt: state.now() }
      repo.reviews.set(next.id, next)
      tell(repo, next, "dismissed", by)
      return next
    },
    comment: (repo: Repository, pull: SandboxPullRequest, options: NewReviewComment): SandboxReviewComment => {
      const author = options.author ?? repo.owner
      const [comment] = submit(repo, pull, { author, comments: [options] }).comments
      // NOTE: cannot happen: a review has the comments that it was submitted with.
      if (comment === undefined) throw new Error("The review has no comment.")
      return comment
    },
    editComment: (repo: Repository, comment: SandboxReviewComment, body: string, by: string) => {
      if (body === comment.body) return comment
      const next = { ...comment, body, updatedAt: state.now() }
      repo.reviewComments.set(next.id, next)
      tellComment(repo, next, "edited", by, comment.body)
      return next
    },
    removeComment: (repo: Repository, comment: SandboxReviewComment, by: string): void => {
      repo.reviewComments.delete(comment.id)
      tellComment(repo, comment, "deleted", by)
    }
  }
}

export type Reviews = ReturnType<typeof makeReviews>
