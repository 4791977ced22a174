/** GitHub's webhook requests in our words. https://docs.github.com/en/webhooks/webhook-events-and-payloads (read 2026-11-21) */
import { CommitSha, DeliveryId, type IncomingDelivery, PullRequestNumber, RepositoryName } from "@productbuilding/core"
import { Option, Schema } from "effect"

/** GitHub sends no event whose payload is larger. In bytes. */
export const maxPayloadBytes = 25 * 1024 * 1024

/** The headers of every delivery. The GUID stays the same when a delivery is sent again. */
export const WebhookHeaders = Schema.Struct({
  "x-github-delivery": Schema.String.check(Schema.isPattern(/^[\w-]{1,100}$/)),
  "x-github-event": Schema.String.check(Schema.isPattern(/^[\w-]{1,100}$/))
})

const decodeHeaders = Schema.decodeUnknownOption(WebhookHeaders)

/**
 * The delivery of a request whose signature was verified, with the id `github:{GUID}`; `None` without GitHub's headers,
 * whose names are expected in lower case.
 */
export const incomingDelivery = (
  headers: Readonly<Record<string, string | undefined>>,
  body: Uint8Array
): Option.Option<IncomingDelivery> =>
  Option.map(decodeHeaders(headers), (known) => ({
    id: DeliveryId.make(`github:${known["x-github-delivery"]}`),
    source: "github",
    event: known["x-github-event"],
    body
  }))

/** The pull request that a delivery is about, and what happened. */
export interface PullRequestMention {
  readonly repository: RepositoryName
  readonly number: PullRequestNumber
  readonly action: string
}

const Occurrence = { action: Schema.String, repository: Schema.Struct({ full_name: RepositoryName }) }

/** `number` lies beside the pull request in `pull_request` events only. */
const OfPullRequest = Schema.Struct({ ...Occurrence, pull_request: Schema.Struct({ number: PullRequestNumber }) })

/** A comment on a pull request is one on an issue that says that it is a pull request. */
const OfIssue = Schema.Struct({
  ...Occurrence,
  issue: Schema.Struct({ number: PullRequestNumber, pull_request: Schema.ObjectKeyword })
})

const decodePullRequest = Schema.decodeUnknownOption(OfPullRequest)
const decodeIssue = Schema.decodeUnknownOption(OfIssue)

/**
 * Reads the payload of an event; `None` when it is about no single pull request of a repository, or not what GitHub
 * documents. Knows `pull_request`, the `pull_request_*` events of reviews, `issues` and `issue_comment`.
 */
export const pullRequestOf = (event: string, payload: unknown): Option.Option<PullRequestMention> => {
  if (event === "pull_request" || event.startsWith("pull_request_")) {
    return Option.map(decodePullRequest(payload), ({ action, pull_request: { number }, repository }) => ({
      repository: repository.full_name,
      number,
      action
    }))
  }
  return event === "issues" || event === "issue_comment"
    ? Option.map(decodeIssue(payload), ({ action, issue: { number }, repository }) => ({
        repository: repository.full_name,
        number,
        action
      }))
    : Option.none()
}

const decodeHead = Schema.decodeUnknownOption(
  Schema.Struct({ pull_request: Schema.Struct({ head: Schema.Struct({ sha: CommitSha }) }) })
)

/** The head that a payload's pull request had when the event happened. */
export const headOf = (payload: unknown): Option.Option<CommitSha> =>
  Option.map(decodeHead(payload), ({ pull_request }) => pull_request.head.sha)
