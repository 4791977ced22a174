/** Comments on issues, and on pull requests, which GitHub keeps as such. */
import type { SandboxComment } from "../../GitHubState.ts"
import type { Comments } from "../comments.ts"
import {
  type Call,
  invalid,
  json,
  loginOf,
  noContent,
  notFound,
  numberOf,
  page,
  Refusal,
  type Route,
  repositoryOf,
  requiredText,
  route
} from "../http.ts"
import { commentJson } from "../json/issues.ts"
import type { State } from "../state.ts"
import { findThread } from "../threads.ts"

/** GitHub's message for a longer one: “Body is too long (maximum is 65536 characters)”. */
const maxBodyCharacters = 65_536

/** The text of a comment, or GitHub's refusal of it. */
const bodyOf = (call: Call): string => {
  const body = requiredText(call, "body")
  const refuse = (message: string) =>
    new Refusal(invalid({ resource: "IssueComment", code: "unprocessable", field: "data", message }))
  if (body.trim() === "") throw refuse("Body cannot be blank")
  if (Array.from(body).length > maxBodyCharacters) {
    throw refuse(`Body is too long (maximum is ${maxBodyCharacters} characters)`)
  }
  return body
}

const since = (call: Call) => {
  const text = call.query.get("since")
  return (comment: SandboxComment) => text === null || Date.parse(comment.updatedAt) >= Date.parse(text)
}

export const commentRoutes = (state: State, comments: Comments): ReadonlyArray<Route> => {
  const issueOf = (call: Call) => {
    const repo = repositoryOf(state, call)
    const number = numberOf(call, "number")
    if (findThread(repo, number) === undefined) throw new Refusal(notFound)
    return { repo, number }
  }
  const commentOf = (call: Call) => {
    const repo = repositoryOf(state, call)
    const comment = repo.comments.get(numberOf(call, "id"))
    if (comment === undefined) throw new Refusal(notFound)
    return { repo, comment }
  }

  return [
    route("GET", "/repos/:owner/:repo/issues/:number/comments", (call) => {
      const { number, repo } = issueOf(call)
      const found = Array.from(repo.comments.values()).filter(({ issue }) => issue === number)
      return page(state, call, found.filter(since(call)), (comment) => commentJson(state, repo, comment))
    }),
    route("POST", "/repos/:owner/:repo/issues/:number/comments", (call) => {
      const { number, repo } = issueOf(call)
      const comment = comments.create(repo, number, loginOf(call), bodyOf(call))
      return {
        ...json(commentJson(state, repo, comment), 201),
        headers: { location: commentJson(state, repo, comment).url }
      }
    }),
    route("GET", "/repos/:owner/:repo/issues/comments", (call) => {
      const repo = repositoryOf(state, call)
      const found = Array.from(repo.comments.values()).filter(since(call))
      const ordered = call.query.get("direction") === "desc" ? found.toReversed() : found
      return page(state, call, ordered, (comment) => commentJson(state, repo, comment))
    }),
    route("GET", "/repos/:owner/:repo/issues/comments/:id", (call) => {
      const { comment, repo } = commentOf(call)
      return json(commentJson(state, repo, comment))
    }),
    route("PATCH", "/repos/:owner/:repo/issues/comments/:id", (call) => {
      const { comment, repo } = commentOf(call)
      return json(commentJson(state, repo, comments.edit(repo, comment, loginOf(call), bodyOf(call))))
    }),
    route("DELETE", "/repos/:owner/:repo/issues/comments/:id", (call) => {
      const { comment, repo } = commentOf(call)
      comments.remove(repo, comment, loginOf(call))
      return noContent
    })
  ]
}
