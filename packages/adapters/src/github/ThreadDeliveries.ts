/** What happens on issues and pull requests, and to what is released and deployed, as events of their subjects. */
import {
  CodeHost,
  type CodeHostError,
  Decision,
  type DeliveryHandler,
  DeliveryHandlingFailed,
  describeCodeHostError,
  isRetryable,
  OperationLog,
  ProjectRegistry,
  type RepositoryName,
  refSubject,
  type Telling,
  type ThreadId,
  type ThreadSummary,
  tell,
  threadId
} from "@productbuilding/core"
import { DateTime, Effect, Option } from "effect"
import { changedRemarkOf, messageOf, type Occurrence, occurrenceOf } from "./ThreadMessages.ts"

/** What an occurrence is about, as far as it says so itself: for a commit it has to be asked. */
type Subject =
  | { readonly _tag: "Thread"; readonly id: ThreadId }
  | { readonly _tag: "Commit"; readonly sha: string; readonly ref: string | null }
  | { readonly _tag: "Ref"; readonly id: string }

const subjectOf = ({
  action,
  check_suite: suite,
  deployment,
  issue,
  pull_request: pull,
  release,
  repository
}: Occurrence): Option.Option<Subject> => {
  const ref = deployment?.ref ?? null
  const named = /^(?:refs\/)?pull\/([1-9][0-9]*)\/(?:head|merge)$/.exec(ref ?? "")?.[1]
  const number = pull?.number ?? issue?.number ?? suite?.pull_requests[0]?.number ?? named
  if (number !== undefined) return Option.some({ _tag: "Thread", id: threadId(repository.full_name, Number(number)) })
  if (release) return Option.some({ _tag: "Ref", id: refSubject(repository.full_name, release.tag_name) })
  if (deployment) return Option.some({ _tag: "Commit", sha: deployment.sha, ref })
  // NOTE: GitHub names no pull request where it comes from a fork; to ask once, when the checks have ended, suffices.
  return suite && action === "completed"
    ? Option.some({ _tag: "Commit", sha: suite.head_sha, ref: null })
    : Option.none()
}

const events = [
  "issues",
  "issue_comment",
  "pull_request",
  "pull_request_review",
  "pull_request_review_comment",
  "pull_request_review_thread",
  "check_suite",
  "deployment_status",
  "release"
]

/** What becomes of a message, for those who ask why they heard of it, or did not. */
const decisionOf = (telling: Telling, subject: string): Decision => {
  switch (telling._tag) {
    case "Now":
      return new Decision({ outcome: "accepted", reason: "Told to those who follow it", subject })
    case "Held":
      return new Decision({
        outcome: "accepted",
        reason: `Told when the quiet hours end, at ${DateTime.formatIso(telling.until)}`,
        subject
      })
    case "Digest":
      return new Decision({
        outcome: "accepted",
        reason: `Told in the digest of ${DateTime.formatIso(telling.at)}`,
        subject
      })
    case "Never":
      return new Decision({
        outcome: "ignored",
        reason: `Not told, by the project's policy: ${telling.reason}`,
        subject
      })
  }
}

/**
 * The handler that turns deliveries into events of their subjects: `thread` with a `ThreadSummary`, or `checks`, in the status
 * lane, as something about a thread may look different now, `remark` there with the key of a message that may say something
 * else now, or nothing, and `said` in the append lane with a `ThreadMessage`. A deployment belongs to the open
 * pull request of its commit or branch, else to its ref; a release to its tag. Everything is stored, whatever the
 * project's policy is.
 */
export const make: Effect.Effect<DeliveryHandler, never, CodeHost | OperationLog | ProjectRegistry> = Effect.gen(
  function* () {
    const host = yield* CodeHost
    const log = yield* OperationLog
    const registry = yield* ProjectRegistry

    /** A commit is part of the open pull request whose head it is; a ref, of the one whose branch it is. */
    const placed = Effect.fnUntraced(function* (repository: RepositoryName, subject: Subject) {
      if (subject._tag !== "Commit") return Option.some(subject)
      const { ref, sha } = subject
      const open = yield* host.openPullRequests(repository)
      const pull =
        open.find(({ headSha }) => headSha === sha) ??
        open.find(({ fromFork, headRef }) => !fromFork && headRef === ref)
      if (pull !== undefined) return Option.some<Subject>({ _tag: "Thread", id: threadId(repository, pull.number) })
      return ref === null ? Option.none() : Option.some<Subject>({ _tag: "Ref", id: refSubject(repository, ref) })
    })

    return {
      source: "github",
      events,
      order: (payload) =>
        Option.getOrUndefined(
          Option.flatMap(occurrenceOf(payload), (occurrence) =>
            Option.map(subjectOf(occurrence), (subject) =>
              subject._tag === "Commit" ? `${occurrence.repository.full_name}@${subject.sha}` : subject.id
            )
          )
        ),
      handle: Effect.fnUntraced(
        function* ({ event }, payload) {
          const occurrence = occurrenceOf(payload)
          const found = Option.flatMap(occurrence, subjectOf)
          if (Option.isNone(occurrence) || Option.isNone(found)) return Option.none()
          const project = registry.find(occurrence.value.repository.full_name)
          if (Option.isNone(project)) return Option.none()
          const { notifications, repository } = project.value
          const message = messageOf(event, payload)
          if (event === "deployment_status" && Option.isNone(message)) return Option.none()
          const about = yield* placed(repository, found.value)
          if (Option.isNone(about) || about.value._tag === "Commit") return Option.none()
          const { _tag, id: subject } = about.value
          if (_tag === "Thread") {
            const summary = summaryOf(occurrence.value)
            const type = summary === null ? "checks" : "thread"
            yield* log.append({ operationId: null, subject, lane: "status", type, data: summary })
          }
          const remark = changedRemarkOf(event, payload)
          if (Option.isSome(remark)) {
            const data = { key: remark.value }
            yield* log.append({ operationId: null, subject, lane: "status", type: "remark", data })
            return Option.some(new Decision({ outcome: "accepted", reason: "What was told of it follows", subject }))
          }
          if (Option.isNone(message)) return Option.none()
          // NOTE: a delivery is handled again when the server died amid it.
          const { key } = message.value
          yield* log.append({
            operationId: null,
            subject,
            lane: "append",
            type: "said",
            key,
            data: { ...message.value }
          })
          return Option.some(decisionOf(tell(notifications ?? {}, message.value, yield* DateTime.now), subject))
        },
        Effect.mapError((cause) =>
          cause._tag === "CodeHostError"
            ? notAnswered(cause)
            : new DeliveryHandlingFailed({ message: "The event could not be stored.", retryable: true, cause })
        )
      )
    }
  }
)

const summaryOf = ({ issue, pull_request: pull }: Occurrence): ThreadSummary | null => {
  const thread = pull ?? issue
  return thread?.title === undefined || thread.title === null ? null : { title: thread.title, url: thread.html_url }
}

const notAnswered = (cause: CodeHostError) =>
  new DeliveryHandlingFailed({ message: describeCodeHostError(cause), retryable: isRetryable(cause), cause })
