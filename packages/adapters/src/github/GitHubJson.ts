/** What we read of GitHub's answers, and its meaning in our words. */
import {
  Comment,
  CommitSha,
  PullRequest,
  PullRequestNumber,
  Remark,
  type RepositoryName,
  ThreadFacts
} from "@productbuilding/core"
import { Schema } from "effect"

const Repository = Schema.Struct({ id: Schema.Int })

/** https://docs.github.com/en/rest/pulls/pulls (read 2026-11-21). `head.repo` is `null` once the fork was deleted. */
export const PullRequestJson = Schema.Struct({
  number: PullRequestNumber,
  state: Schema.Literals(["open", "closed"]),
  merged_at: Schema.NullOr(Schema.String),
  draft: Schema.optionalKey(Schema.Boolean),
  requested_reviewers: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.Struct({ login: Schema.String })))),
  title: Schema.String,
  user: Schema.NullOr(Schema.Struct({ login: Schema.String })),
  html_url: Schema.String,
  head: Schema.Struct({ sha: CommitSha, ref: Schema.String, repo: Schema.NullOr(Repository) }),
  base: Schema.Struct({ ref: Schema.String, repo: Repository })
})

/** https://docs.github.com/en/rest/issues/issues (read 2026-11-21). A pull request is an issue that says so. */
export const IssueJson = Schema.Struct({
  number: PullRequestNumber,
  title: Schema.String,
  state: Schema.Literals(["open", "closed"]),
  state_reason: Schema.optionalKey(Schema.NullOr(Schema.String)),
  user: Schema.NullOr(Schema.Struct({ login: Schema.String })),
  labels: Schema.Array(
    Schema.Union([Schema.String, Schema.Struct({ name: Schema.optionalKey(Schema.NullOr(Schema.String)) })])
  ),
  assignees: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.Struct({ login: Schema.String })))),
  html_url: Schema.String,
  pull_request: Schema.optionalKey(Schema.Struct({ merged_at: Schema.optionalKey(Schema.NullOr(Schema.String)) }))
})

/** https://docs.github.com/en/rest/issues/comments (read 2026-11-21) */
export const CommentJson = Schema.Struct({
  id: Schema.Int,
  body: Schema.optionalKey(Schema.String),
  user: Schema.NullOr(Schema.Struct({ login: Schema.String })),
  html_url: Schema.String
})

/** https://docs.github.com/en/rest/pulls/comments and /reviews (read 2026-11-21). Only a review has a `state`. */
export const RemarkJson = Schema.Struct({
  body: Schema.optionalKey(Schema.NullOr(Schema.String)),
  user: Schema.NullOr(Schema.Struct({ login: Schema.String })),
  html_url: Schema.String,
  state: Schema.optionalKey(Schema.String)
})

/** https://docs.github.com/en/rest/users/users#get-a-user (read 2026-11-21). `null`: not shown to everyone. */
export const UserJson = Schema.Struct({ email: Schema.optionalKey(Schema.NullOr(Schema.String)) })

/** https://docs.github.com/en/rest/commits/commits#list-commits (read 2026-11-21). `author` is the account, if there is one. */
export const CommitJson = Schema.Struct({
  commit: Schema.Struct({ author: Schema.NullOr(Schema.Struct({ email: Schema.optionalKey(Schema.String) })) }),
  author: Schema.NullOr(Schema.Struct({ login: Schema.optionalKey(Schema.String) }))
})

/** https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app (read 2026-11-21) */
export const InstallationJson = Schema.Struct({ id: Schema.Int })

/** GitHub's name for the author of what a deleted account wrote. */
export const ghost = "ghost"

/** A pull request of `repository`, whose name is ours: GitHub answers under a new name after it was renamed. */
export const pullRequestFrom = (repository: RepositoryName, json: typeof PullRequestJson.Type): PullRequest =>
  new PullRequest({
    repository,
    number: json.number,
    state: json.state,
    merged: json.merged_at !== null,
    draft: json.draft ?? false,
    title: json.title,
    author: json.user?.login ?? ghost,
    headSha: json.head.sha,
    headRef: json.head.ref,
    baseRef: json.base.ref,
    fromFork: json.head.repo?.id !== json.base.repo.id,
    url: json.html_url
  })

/** A comment in our words; one without a body is empty. */
export const commentFrom = (json: typeof CommentJson.Type): Comment =>
  new Comment({ id: String(json.id), author: json.user?.login ?? ghost, body: json.body ?? "", url: json.html_url })

/** A comment or a review in our words. */
export const remarkFrom = (json: typeof RemarkJson.Type): Remark =>
  new Remark({
    author: json.user?.login ?? ghost,
    markdown: json.body ?? "",
    url: json.html_url,
    dismissed: json.state?.toUpperCase() === "DISMISSED"
  })

/** https://docs.github.com/en/rest/pulls/reviews (read 2026-11-21) */
export const ReviewJson = Schema.Struct({
  user: Schema.NullOr(Schema.Struct({ login: Schema.String })),
  state: Schema.String
})

/** https://docs.github.com/en/rest/checks/runs (read 2026-11-21). A `conclusion` comes with the end. */
export const CheckRunsJson = Schema.Struct({
  check_runs: Schema.Array(Schema.Struct({ status: Schema.String, conclusion: Schema.NullOr(Schema.String) }))
})

const harmless = new Set(["success", "neutral", "skipped"])

const checksFrom = ({ check_runs: runs }: typeof CheckRunsJson.Type): ThreadFacts["checks"] => {
  const ended = runs.filter(({ status }) => status === "completed")
  const passed = ended.filter(({ conclusion }) => harmless.has(conclusion ?? "")).length
  return { passed, failed: ended.length - passed, running: runs.length - ended.length }
}

const verdicts = { APPROVED: "approved", CHANGES_REQUESTED: "changes requested" } as const

/** Oldest first, so that the last word of each counts; a comment leaves a verdict as it is, a dismissal takes it back. */
const verdictsFrom = (reviews: ReadonlyArray<typeof ReviewJson.Type>): ThreadFacts["reviews"] => {
  const latest = new Map<string, "approved" | "changes requested">()
  for (const { state, user } of reviews) {
    if (user === null) continue
    if (state === "APPROVED" || state === "CHANGES_REQUESTED") latest.set(user.login, verdicts[state])
    else if (state === "DISMISSED") latest.delete(user.login)
  }
  return Array.from(latest, ([login, verdict]) => ({ login, verdict }))
}

/** The names of an issue's labels. */
export const labelsFrom = ({ labels }: Pick<typeof IssueJson.Type, "labels">): ReadonlyArray<string> =>
  labels.flatMap((label) => (typeof label === "string" ? label : (label.name ?? [])))

const stateOf = (issue: typeof IssueJson.Type, pull: typeof PullRequestJson.Type | undefined): ThreadFacts["state"] => {
  if (issue.state === "open") return pull?.draft === true ? "draft" : "open"
  if (pull !== undefined) return pull.merged_at === null ? "closed" : "merged"
  return issue.state_reason === "not_planned"
    ? "not planned"
    : issue.state_reason === "duplicate"
      ? "duplicate"
      : "closed"
}

/** An issue, or a pull request with both of its faces. */
export const threadFrom = (
  repository: RepositoryName,
  issue: typeof IssueJson.Type,
  pull: typeof PullRequestJson.Type | undefined,
  reviews: ReadonlyArray<typeof ReviewJson.Type>,
  runs: typeof CheckRunsJson.Type | null
): ThreadFacts =>
  new ThreadFacts({
    repository,
    number: issue.number,
    kind: issue.pull_request === undefined ? "issue" : "pull request",
    title: issue.title,
    author: issue.user?.login ?? ghost,
    state: stateOf(issue, pull),
    labels: labelsFrom(issue),
    assignees: (issue.assignees ?? []).map(({ login }) => login),
    reviewers: (pull?.requested_reviewers ?? []).map(({ login }) => login),
    reviews: verdictsFrom(reviews),
    checks: runs === null ? null : checksFrom(runs),
    url: issue.html_url
  })
