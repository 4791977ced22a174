/** Reviews of pull requests and comments on their lines. */
import type { NewReviewComment } from "../../GitHubActivity.ts"
import {
  type Call,
  failure,
  field,
  json,
  loginOf,
  noContent,
  numberOf,
  optionalText,
  page,
  Refusal,
  type Route,
  repositoryOf,
  requiredText,
  route
} from "../http.ts"
import { reviewCommentJson, reviewJson } from "../json/reviews.ts"
import type { Parts } from "../parts.ts"
import { reviewCommentOf, reviewOf } from "../reviews.ts"

const verdicts = new Map([
  ["APPROVE", "approved"],
  ["REQUEST_CHANGES", "changes_requested"],
  ["COMMENT", "commented"]
] as const)

const isVerdict = (name: unknown): name is "APPROVE" | "REQUEST_CHANGES" | "COMMENT" =>
  name === "APPROVE" || name === "REQUEST_CHANGES" || name === "COMMENT"

/** A comment on a line as the API is sent it. */
const lineCommentOf = (value: unknown): NewReviewComment => {
  const path = field(value, "path")
  const body = field(value, "body")
  const line = field(value, "line") ?? field(value, "position")
  const side = field(value, "side")
  const inReplyTo = field(value, "in_reply_to")
  if (typeof body !== "string" || body.trim() === "") throw new Refusal(failure(422, "Body cannot be blank"))
  return {
    body,
    ...(typeof path === "string" ? { path } : {}),
    ...(typeof line === "number" ? { line } : {}),
    ...(side === "LEFT" || side === "RIGHT" ? { side } : {}),
    ...(typeof inReplyTo === "number" ? { inReplyTo } : {})
  }
}

export const reviewRoutes = ({ reviews, state }: Parts): ReadonlyArray<Route> => {
  const found = (call: Call) => {
    const repo = repositoryOf(state, call)
    return { repo, pull: state.pull(repo, numberOf(call, "number")) }
  }
  const foundReview = (call: Call) => {
    const { pull, repo } = found(call)
    return { repo, review: reviewOf(repo, pull.number, numberOf(call, "id")) }
  }
  const foundComment = (call: Call) => {
    const repo = repositoryOf(state, call)
    return { repo, comment: reviewCommentOf(repo, numberOf(call, "id")) }
  }

  return [
    route("GET", "/repos/:owner/:repo/pulls/:number/reviews", (call) => {
      const { pull, repo } = found(call)
      const its = Array.from(repo.reviews.values()).filter((one) => one.pull === pull.number)
      return page(state, call, its, (review) => reviewJson(state, repo, review))
    }),
    route("POST", "/repos/:owner/:repo/pulls/:number/reviews", (call) => {
      const { pull, repo } = found(call)
      const event = field(call.body, "event")
      const body = optionalText(call, "body") ?? ""
      const comments = field(call.body, "comments")
      if (!isVerdict(event)) return failure(422, "The sandbox has no pending reviews: an event is needed.")
      const written = Array.isArray(comments) ? comments.map(lineCommentOf) : []
      if (event !== "APPROVE" && body.trim() === "" && written.length === 0) {
        return failure(422, "Could not submit review without a body")
      }
      const verdict = verdicts.get(event) ?? "commented"
      const review = reviews.submit(repo, pull, { state: verdict, body, comments: written, author: loginOf(call) })
      return json(reviewJson(state, repo, review))
    }),
    route("GET", "/repos/:owner/:repo/pulls/:number/reviews/:id", (call) => {
      const { repo, review } = foundReview(call)
      return json(reviewJson(state, repo, review))
    }),
    route("GET", "/repos/:owner/:repo/pulls/:number/reviews/:id/comments", (call) => {
      const { repo, review } = foundReview(call)
      const its = Array.from(repo.reviewComments.values()).filter((one) => one.review === review.id)
      return page(state, call, its, (comment) => {
        const { line: _line, side: _side, subject_type: _type, ...json } = reviewCommentJson(state, repo, comment)
        const {
          original_line: _original,
          original_start_line: _from,
          start_line: _start,
          start_side: _at,
          ...old
        } = json
        return old
      })
    }),
    route("PUT", "/repos/:owner/:repo/pulls/:number/reviews/:id/dismissals", (call) => {
      requiredText(call, "message")
      const { repo, review } = foundReview(call)
      return json(reviewJson(state, repo, reviews.dismiss(repo, review, loginOf(call))))
    }),
    route("GET", "/repos/:owner/:repo/pulls/:number/comments", (call) => {
      const { pull, repo } = found(call)
      const its = Array.from(repo.reviewComments.values()).filter((one) => one.pull === pull.number)
      const ordered = call.query.get("direction") === "desc" ? its.toReversed() : its
      return page(state, call, ordered, (comment) => reviewCommentJson(state, repo, comment))
    }),
    route("POST", "/repos/:owner/:repo/pulls/:number/comments", (call) => {
      const { pull, repo } = found(call)
      const comment = reviews.comment(repo, pull, { ...lineCommentOf(call.body), author: loginOf(call) })
      return json(reviewCommentJson(state, repo, comment), 201)
    }),
    route("POST", "/repos/:owner/:repo/pulls/:number/comments/:id/replies", (call) => {
      const { pull, repo } = found(call)
      const inReplyTo = numberOf(call, "id")
      const { body } = lineCommentOf(call.body)
      const comment = reviews.comment(repo, pull, { body, inReplyTo, author: loginOf(call) })
      return json(reviewCommentJson(state, repo, comment), 201)
    }),
    route("GET", "/repos/:owner/:repo/pulls/comments", (call) => {
      const repo = repositoryOf(state, call)
      const all = Array.from(repo.reviewComments.values())
      return page(state, call, all, (comment) => reviewCommentJson(state, repo, comment))
    }),
    route("GET", "/repos/:owner/:repo/pulls/comments/:id", (call) => {
      const { comment, repo } = foundComment(call)
      return json(reviewCommentJson(state, repo, comment))
    }),
    route("PATCH", "/repos/:owner/:repo/pulls/comments/:id", (call) => {
      const { comment, repo } = foundComment(call)
      const edited = reviews.editComment(repo, comment, requiredText(call, "body"), loginOf(call))
      return json(reviewCommentJson(state, repo, edited))
    }),
    route("DELETE", "/repos/:owner/:repo/pulls/comments/:id", (call) => {
      const { comment, repo } = foundComment(call)
      reviews.removeComment(repo, comment, loginOf(call))
      return noContent
    })
  ]
}
