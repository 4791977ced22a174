/** What GitHub's webhooks tell of issues, pull requests, deployments and releases, as messages. Pure. */
import type { ThreadMessage, Topic } from "@productbuilding/core"
import { Option, Schema } from "effect"

const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))
const Text = maybe(Schema.String)
const Account = Schema.Struct({ login: Schema.String, type: Text })

const Thread = Schema.Struct({
  number: Schema.Int,
  html_url: Schema.String,
  title: Text,
  user: maybe(Account),
  draft: maybe(Schema.Boolean),
  merged: maybe(Schema.Boolean),
  updated_at: Text
})

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads (read 2026-11-21) */
const Occurrence = Schema.Struct({
  action: Text,
  after: Text,
  repository: Schema.Struct({ full_name: Schema.String, html_url: Text }),
  sender: maybe(Account),
  issue: maybe(Thread),
  pull_request: maybe(Thread),
  check_suite: maybe(
    Schema.Struct({
      id: Schema.Int,
      head_sha: Schema.String,
      conclusion: Text,
      updated_at: Text,
      app: maybe(Schema.Struct({ name: Text })),
      pull_requests: Schema.Array(Schema.Struct({ number: Schema.Int }))
    })
  ),
  comment: maybe(
    Schema.Struct({
      id: Schema.Int,
      body: Text,
      html_url: Text,
      path: Text,
      line: maybe(Schema.Int),
      in_reply_to_id: maybe(Schema.Int),
      user: maybe(Account)
    })
  ),
  review: maybe(
    Schema.Struct({ id: Schema.Int, body: Text, state: Schema.String, html_url: Text, user: maybe(Account) })
  ),
  deployment: maybe(Schema.Struct({ sha: Schema.String, ref: Schema.String, environment: Text })),
  deployment_status: maybe(
    Schema.Struct({
      id: Schema.Int,
      state: Schema.String,
      description: Text,
      environment_url: Text,
      log_url: Text,
      target_url: Text,
      creator: maybe(Account)
    })
  ),
  release: maybe(
    Schema.Struct({
      id: Schema.Int,
      tag_name: Schema.String,
      name: Text,
      body: Text,
      html_url: Text,
      author: maybe(Account)
    })
  )
})
export type Occurrence = typeof Occurrence.Type

/** What we read of a payload; `None` where it is not about a repository. */
export const occurrenceOf: (payload: unknown) => Option.Option<Occurrence> = Schema.decodeUnknownOption(Occurrence)

/** What we wrote there ourselves: previews' comments, and what was said in the chat. */
const isOurs = (markdown: string) => markdown.includes("<!-- productbuilding:")

const ghost = { login: "ghost" }

const isBot = (account: typeof Account.Type | null | undefined): boolean =>
  account?.type === "Bot" || (account?.login ?? "").endsWith("[bot]")

const changes: Readonly<Record<string, readonly [Topic, string]>> = {
  opened: ["opened", "opened this"],
  closed: ["closed", "closed this"],
  reopened: ["reopened", "reopened this"],
  ready_for_review: ["readyForReview", "marked this as ready for review"],
  converted_to_draft: ["convertedToDraft", "made this a draft"],
  synchronize: ["pushed", "pushed"]
}

const verdicts: Readonly<Record<string, string>> = {
  approved: "approved",
  changes_requested: "asked for changes",
  commented: "reviewed"
}

const conclusions: Readonly<Record<string, Topic>> = {
  success: "checksPassed",
  neutral: "checksPassed",
  skipped: "checksPassed",
  failure: "checksFailed",
  timed_out: "checksFailed",
  startup_failure: "checksFailed",
  action_required: "checksFailed"
}

/** Deployments that have not ended, or were replaced, are told by none. */
const deploymentEnds: Readonly<Record<string, Topic>> = {
  success: "deployed",
  failure: "deploymentFailed",
  error: "deploymentFailed"
}

const present = (...texts: ReadonlyArray<string | null | undefined>): string | null =>
  texts.find((text) => text !== undefined && text !== null && text !== "") ?? null

type Said = Pick<ThreadMessage, "key" | "topic" | "verb"> &
  Partial<ThreadMessage> & { readonly by: typeof Account.Type | null | undefined }

const message = ({ issue, pull_request: pull }: Occurrence, { by, ...said }: Said): Option.Option<ThreadMessage> =>
  Option.some({
    author: (by ?? ghost).login,
    bot: isBot(by),
    markdown: "",
    url: null,
    title: present(pull?.title, issue?.title),
    draft: pull?.draft === true || issue?.draft === true,
    inReplyTo: null,
    ...said
  })

const commentOf = (event: string, occurrence: Occurrence): Option.Option<ThreadMessage> => {
  const { action, comment } = occurrence
  const markdown = comment?.body ?? ""
  if (action !== "created" || comment === undefined || comment === null || isOurs(markdown)) return Option.none()
  const { html_url: url = null, id, in_reply_to_id: parent, line, user: by } = comment
  if (event === "issue_comment") {
    return message(occurrence, { key: `comment:${id}`, topic: "commented", by, verb: "commented", markdown, url })
  }
  const where = `${comment.path ?? "the change"}${line === undefined || line === null ? "" : `:${line}`}`
  const isReply = parent !== undefined && parent !== null
  return message(occurrence, {
    key: `review-comment:${id}`,
    topic: "reviewCommented",
    by,
    verb: `${isReply ? "replied" : "commented"} on ${where}`,
    markdown,
    url,
    inReplyTo: isReply ? `review-comment:${parent}` : null
  })
}

const reviewOf = (occurrence: Occurrence): Option.Option<ThreadMessage> => {
  const { action, review } = occurrence
  if (action !== "submitted" || review === undefined || review === null) return Option.none()
  const verb = verdicts[review.state.toLowerCase()]
  const markdown = review.body ?? ""
  // NOTE: a review that only holds comments on lines is told by these.
  if (verb === undefined || (verb === "reviewed" && markdown === "")) return Option.none()
  const { html_url: url = null, id, user: by } = review
  return message(occurrence, { key: `review:${id}`, topic: "reviewed", by, verb, markdown, url })
}

const changeOf = (event: string, occurrence: Occurrence): Option.Option<ThreadMessage> => {
  const { action, after, issue, pull_request: pull, sender } = occurrence
  const thread = event === "issues" ? issue : pull
  const change = changes[action ?? ""]
  if (change === undefined || thread === undefined || thread === null) return Option.none()
  const [topic, verb] = action === "closed" && pull?.merged === true ? (["merged", "merged this"] as const) : change
  return message(occurrence, {
    key: topic === "pushed" ? `push:${after ?? ""}` : `change:${action}:${thread.updated_at ?? ""}`,
    topic,
    by: sender,
    // NOTE: what becomes of a person's pull request is theirs, also where a bot merges it.
    bot: isBot(thread.user),
    verb: topic === "pushed" ? `pushed ${(after ?? "").slice(0, 7)}` : verb,
    url: thread.html_url
  })
}

const checksOf = (occurrence: Occurrence): Option.Option<ThreadMessage> => {
  const { action, check_suite: suite, repository } = occurrence
  const topic = conclusions[suite?.conclusion ?? ""]
  if (action !== "completed" || suite === undefined || suite === null || topic === undefined) return Option.none()
  const home = repository.html_url ?? null
  return message(occurrence, {
    key: `checks:${suite.id}:${suite.conclusion}:${suite.updated_at ?? ""}`,
    topic,
    by: null,
    author: null,
    verb: `${suite.app?.name ?? "Checks"} ${topic === "checksPassed" ? "passed" : "failed"} on ${suite.head_sha.slice(0, 7)}`,
    url: home === null ? null : `${home}/commit/${suite.head_sha}/checks`
  })
}

const deploymentOf = (occurrence: Occurrence): Option.Option<ThreadMessage> => {
  const { deployment, deployment_status: status } = occurrence
  const topic = deploymentEnds[status?.state ?? ""]
  if (topic === undefined || !deployment || !status) return Option.none()
  const what = `${deployment.ref === deployment.sha ? deployment.sha.slice(0, 7) : deployment.ref} to ${deployment.environment ?? "production"}`
  const logs = [status.log_url, status.target_url]
  return message(occurrence, {
    key: `deployment:${status.id}`,
    topic,
    by: status.creator,
    verb: `${topic === "deployed" ? "deployed" : "could not deploy"} ${what}`,
    markdown: status.description ?? "",
    url: topic === "deployed" ? present(status.environment_url, ...logs) : present(...logs, status.environment_url)
  })
}

const releaseOf = (occurrence: Occurrence): Option.Option<ThreadMessage> => {
  const { action, release } = occurrence
  if (action !== "published" || release === undefined || release === null) return Option.none()
  const { author: by, body, html_url: url = null, id, name, tag_name: tag } = release
  const title = name === undefined || name === null || name === "" || name === tag ? tag : `${tag}: ${name}`
  return message(occurrence, {
    key: `release:${id}`,
    topic: "released",
    by,
    verb: `released ${title}`,
    markdown: body ?? "",
    url,
    title
  })
}

const remarkChanges = new Set(["edited", "deleted", "dismissed"])

/** The key of the message that told of what somebody has edited, deleted or dismissed since. */
export const changedRemarkOf = (event: string, payload: unknown): Option.Option<string> =>
  Option.flatMapNullishOr(occurrenceOf(payload), ({ action, comment, review }) => {
    if (!remarkChanges.has(action ?? "") || isOurs((comment ?? review)?.body ?? "")) return undefined
    switch (event) {
      case "issue_comment":
        return comment && `comment:${comment.id}`
      case "pull_request_review_comment":
        return comment && `review-comment:${comment.id}`
      case "pull_request_review":
        return review && `review:${review.id}`
      default:
        return undefined
    }
  })

/** The message of an occurrence, if it is one that anybody may want to read. */
export const messageOf = (event: string, payload: unknown): Option.Option<ThreadMessage> =>
  Option.flatMap(occurrenceOf(payload), (occurrence) => {
    switch (event) {
      case "issue_comment":
      case "pull_request_review_comment":
        return commentOf(event, occurrence)
      case "pull_request_review":
        return reviewOf(occurrence)
      case "issues":
      case "pull_request":
        return changeOf(event, occurrence)
      case "check_suite":
        return checksOf(occurrence)
      case "deployment_status":
        return deploymentOf(occurrence)
      case "release":
        return releaseOf(occurrence)
      default:
        return Option.none()
    }
  })
