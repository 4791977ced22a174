/** An issue or a pull request, and the chat thread that mirrors it. */
import { Schema } from "effect"
import { Topic } from "./NotificationPolicy.ts"
import { PullRequestNumber, RepositoryName } from "./Repository.ts"

/** `owner/name#number` in lower case, for example `acme/shop#12`: the subject of everything about it. */
export const ThreadId = Schema.String.check(Schema.isPattern(/^[^/\s#]+\/[^/\s#]+#[1-9][0-9]*$/)).pipe(
  Schema.brand("ThreadId")
)
export type ThreadId = typeof ThreadId.Type

export const threadId = (repository: string, number: number): ThreadId =>
  ThreadId.make(`${repository}#${number}`.toLowerCase())

/** Inverse of `threadId`, but for the case. */
export const parseThreadId = (
  id: ThreadId
): { readonly repository: RepositoryName; readonly number: PullRequestNumber } => {
  const [repository = "", number = ""] = id.split("#")
  return { repository: RepositoryName.make(repository), number: PullRequestNumber.make(Number(number)) }
}

/** `owner/name@ref`, for example `acme/shop@v1.2.0`: the subject of a release, and of a deployment of no pull request. */
export const refSubject = (repository: string, ref: string): string => `${repository.toLowerCase()}@${ref}`

/** The repository of a subject: of a thread, of a ref, or of the repository itself. In lower case. */
export const repositoryOf = (subject: string): string => subject.replace(/[#@].*$/s, "")

/** An issue or a pull request as it is now, not as an event once told. */
export class ThreadFacts extends Schema.Class<ThreadFacts>("@productbuilding/core/ThreadFacts")({
  repository: RepositoryName,
  number: PullRequestNumber,
  kind: Schema.Literals(["issue", "pull request"]),
  title: Schema.String,
  author: Schema.String,
  /** `closed` is an issue that was done or a pull request that was not merged. */
  state: Schema.Literals(["open", "draft", "closed", "merged", "not planned", "duplicate"]),
  labels: Schema.Array(Schema.String),
  assignees: Schema.Array(Schema.String),
  /** Those whose review was asked for and has not come. */
  reviewers: Schema.Array(Schema.String),
  /** The newest verdict of each who gave one. */
  reviews: Schema.Array(
    Schema.Struct({ login: Schema.String, verdict: Schema.Literals(["approved", "changes requested"]) })
  ),
  /** Checks of the head commit by outcome; `null` for an issue, for what is over, and where we may not see them. */
  checks: Schema.NullOr(Schema.Struct({ passed: Schema.Int, failed: Schema.Int, running: Schema.Int })),
  url: Schema.String
}) {}

/**
 * Something that people say or do, or that became of what they did, for those who follow it elsewhere: the data of an
 * event `said`. Every one counts.
 */
export const ThreadMessage = Schema.Struct({
  /** The same happening always has the same key. */
  key: Schema.String,
  topic: Topic,
  /** Nobody did it where this is `null`. */
  author: Schema.NullOr(Schema.String),
  /** What the author did, as a piece of a sentence, for example `asked for changes`. Plain text. */
  verb: Schema.String,
  /** GitHub-flavoured Markdown; empty where nothing was said. */
  markdown: Schema.String,
  /** Where to read it. */
  url: Schema.NullOr(Schema.String),
  /** Of what it is about. */
  title: Schema.NullOr(Schema.String),
  draft: Schema.Boolean,
  bot: Schema.Boolean,
  /** The key of the message that it answers. */
  inReplyTo: Schema.NullOr(Schema.String)
})
export type ThreadMessage = typeof ThreadMessage.Type
/** How a thread is called and where it is read, as a delivery last said: the data of an event `thread`. */
export const ThreadSummary = Schema.Struct({ title: Schema.String, url: Schema.String })
export type ThreadSummary = typeof ThreadSummary.Type
