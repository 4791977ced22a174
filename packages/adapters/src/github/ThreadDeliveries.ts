/** What happens on issues and pull requests, as events of their threads. */
import {
  Decision,
  type DeliveryHandler,
  DeliveryHandlingFailed,
  OperationLog,
  ProjectRegistry,
  type ThreadId,
  threadId
} from "@productbuilding/core"
import { Effect, Option, Schema } from "effect"

const Login = Schema.Struct({ login: Schema.String })

const Occurrence = Schema.Struct({
  action: Schema.optionalKey(Schema.String),
  repository: Schema.Struct({ full_name: Schema.String }),
  sender: Schema.optionalKey(Login),
  issue: Schema.optionalKey(
    Schema.Struct({ number: Schema.Int, html_url: Schema.String, updated_at: Schema.optionalKey(Schema.String) })
  ),
  pull_request: Schema.optionalKey(
    Schema.Struct({
      number: Schema.Int,
      html_url: Schema.String,
      merged: Schema.optionalKey(Schema.NullOr(Schema.Boolean)),
      updated_at: Schema.optionalKey(Schema.String)
    })
  ),
  check_suite: Schema.optionalKey(
    Schema.Struct({ pull_requests: Schema.Array(Schema.Struct({ number: Schema.Int })) })
  ),
  comment: Schema.optionalKey(
    Schema.Struct({
      id: Schema.Int,
      body: Schema.optionalKey(Schema.NullOr(Schema.String)),
      html_url: Schema.String,
      path: Schema.optionalKey(Schema.String),
      user: Schema.NullOr(Login)
    })
  ),
  review: Schema.optionalKey(
    Schema.Struct({
      id: Schema.Int,
      body: Schema.optionalKey(Schema.NullOr(Schema.String)),
      state: Schema.String,
      html_url: Schema.String,
      user: Schema.NullOr(Login)
    })
  )
})

const decode = Schema.decodeUnknownOption(Occurrence)

/** Something that people say or do on a thread, for those who follow it elsewhere. Every one counts. */
export const ThreadMessage = Schema.Struct({
  /** The same happening always has the same key. */
  key: Schema.String,
  kind: Schema.Literals(["comment", "review", "change"]),
  author: Schema.String,
  /** GitHub-flavoured Markdown. */
  markdown: Schema.String,
  /** For a review, its verdict; for a change, what changed. */
  verb: Schema.String,
  /** Where to read it. */
  url: Schema.String
})
export type ThreadMessage = typeof ThreadMessage.Type

/** What we wrote there ourselves: previews' comments, and what was said in the chat. */
const isOurs = (markdown: string) => markdown.includes("<!-- productbuilding:")

const changes: Readonly<Record<string, string>> = {
  closed: "closed this",
  reopened: "reopened this",
  ready_for_review: "marked this as ready for review",
  converted_to_draft: "made this a draft"
}

const verdicts: Readonly<Record<string, string>> = {
  approved: "approved",
  changes_requested: "asked for changes",
  commented: "reviewed"
}

/** The message of an occurrence, if it is one that people want to read. */
export const messageOf = (event: string, payload: unknown): Option.Option<ThreadMessage> => {
  const found = decode(payload)
  if (Option.isNone(found)) return Option.none()
  const { action, comment, issue, pull_request: pull, review, sender } = found.value
  const said = (key: string, part: NonNullable<typeof comment>, verb: string): Option.Option<ThreadMessage> => {
    const markdown = part.body ?? ""
    return isOurs(markdown)
      ? Option.none()
      : Option.some({ key, kind: "comment", author: part.user?.login ?? "ghost", markdown, verb, url: part.html_url })
  }
  if (event === "issue_comment" && action === "created" && comment !== undefined)
    return said(`comment:${comment.id}`, comment, "commented")
  if (event === "pull_request_review_comment" && action === "created" && comment !== undefined)
    return said(`review-comment:${comment.id}`, comment, `commented on \`${comment.path ?? "the change"}\``)
  if (event === "pull_request_review" && action === "submitted" && review !== undefined) {
    const verb = verdicts[review.state.toLowerCase()]
    const markdown = review.body ?? ""
    // NOTE: a review that only holds comments on lines is told by these.
    if (verb === undefined || (verb === "reviewed" && markdown === "")) return Option.none()
    const author = review.user?.login ?? "ghost"
    return Option.some({ key: `review:${review.id}`, kind: "review", author, markdown, verb, url: review.html_url })
  }
  const change = action === undefined ? undefined : changes[action]
  if (change === undefined || (event !== "issues" && event !== "pull_request")) return Option.none()
  const thread = event === "issues" ? issue : pull
  if (thread === undefined) return Option.none()
  const verb = action === "closed" && pull?.merged === true ? "merged this" : change
  return Option.some({
    key: `change:${action}:${thread.updated_at ?? ""}`,
    kind: "change",
    author: sender?.login ?? "ghost",
    markdown: "",
    verb,
    url: thread.html_url
  })
}

const subjectOf = (payload: unknown): Option.Option<{ readonly repository: string; readonly id: ThreadId }> =>
  Option.flatMap(decode(payload), ({ check_suite: suite, issue, pull_request: pull, repository }) => {
    const number = pull?.number ?? issue?.number ?? suite?.pull_requests[0]?.number
    return number === undefined
      ? Option.none()
      : Option.some({ repository: repository.full_name, id: threadId(repository.full_name, number) })
  })

const events = [
  "issues",
  "issue_comment",
  "pull_request",
  "pull_request_review",
  "pull_request_review_comment",
  "pull_request_review_thread",
  "check_suite"
]

/**
 * The handler that turns deliveries into events of their threads: `thread` in the status lane, as something about it may
 * look different now, and `said` in the append lane with a `ThreadMessage`.
 */
export const make: Effect.Effect<DeliveryHandler, never, OperationLog | ProjectRegistry> = Effect.gen(function* () {
  const log = yield* OperationLog
  const registry = yield* ProjectRegistry
  return {
    source: "github",
    events,
    order: (payload) => Option.getOrUndefined(Option.map(subjectOf(payload), ({ id }) => id)),
    handle: Effect.fnUntraced(
      function* ({ event }, payload) {
        const found = subjectOf(payload)
        if (Option.isNone(found) || Option.isNone(registry.find(found.value.repository))) return Option.none()
        const { id: subject } = found.value
        const message = messageOf(event, payload)
        yield* log.append({ operationId: null, subject, lane: "status", type: "thread", data: null })
        if (Option.isNone(message)) return Option.none()
        yield* log.append({ operationId: null, subject, lane: "append", type: "said", data: { ...message.value } })
        return Option.some(
          new Decision({ outcome: "accepted", reason: "Told to those who follow the thread", subject })
        )
      },
      Effect.mapError(
        (cause) => new DeliveryHandlingFailed({ message: "The event could not be stored.", retryable: true, cause })
      )
    )
  }
})
