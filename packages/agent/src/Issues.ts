/** What specialists need of a tracker of issues and pull requests, beyond the core's `CodeHost`. */
import { type CodeHostError, PullRequestNumber, RepositoryName } from "@productbuilding/core"
import { Context, type Effect, type Option, Schema } from "effect"

/** One hit of a search. */
export class IssueSummary extends Schema.Class<IssueSummary>("@productbuilding/agent/IssueSummary")({
  repository: RepositoryName,
  number: PullRequestNumber,
  kind: Schema.Literals(["issue", "pull request"]),
  title: Schema.String,
  state: Schema.Literals(["open", "closed"]),
  labels: Schema.Array(Schema.String),
  author: Schema.String,
  url: Schema.String
}) {}

/** One whole. */
export class IssueDetail extends IssueSummary.extend<IssueDetail>("@productbuilding/agent/IssueDetail")({
  body: Schema.String
}) {}

export interface NewIssue {
  readonly title: string
  readonly body: string
  readonly labels: ReadonlyArray<string>
}

/** Every adapter passes `IssuesTest.suite`. Reads are retried inside; writes only when nothing was written. */
export class Issues extends Context.Service<
  Issues,
  {
    get(repository: RepositoryName, number: PullRequestNumber): Effect.Effect<IssueDetail, CodeHostError>
    /** Issues and pull requests, best match first. */
    search(
      repository: RepositoryName,
      query: string,
      options: { readonly limit: number }
    ): Effect.Effect<ReadonlyArray<IssueSummary>, CodeHostError>
    /** Not idempotent: after `Unavailable` look for your marker with `findMarked` before you try again. */
    create(repository: RepositoryName, issue: NewIssue): Effect.Effect<IssueDetail, CodeHostError>
    /** Among the newest hundred of our own, the one whose body holds the marker. Reads the list, not the slow search index. */
    findMarked(repository: RepositoryName, marker: string): Effect.Effect<Option.Option<IssueDetail>, CodeHostError>
    /** Idempotent. */
    close(
      repository: RepositoryName,
      number: PullRequestNumber,
      reason: "completed" | "not planned"
    ): Effect.Effect<IssueDetail, CodeHostError>
    /** Idempotent. */
    reopen(repository: RepositoryName, number: PullRequestNumber): Effect.Effect<IssueDetail, CodeHostError>
    /** Idempotent. Labels that the repository does not have are refused by the host, or made: as it is set up. */
    changeLabels(
      repository: RepositoryName,
      number: PullRequestNumber,
      change: { readonly add: ReadonlyArray<string>; readonly remove: ReadonlyArray<string> }
    ): Effect.Effect<ReadonlyArray<string>, CodeHostError>
    /** Idempotent. Answers with all who are assigned then: the host leaves out whom it may not assign. */
    assign(
      repository: RepositoryName,
      number: PullRequestNumber,
      logins: ReadonlyArray<string>
    ): Effect.Effect<ReadonlyArray<string>, CodeHostError>
  }
>()("@productbuilding/agent/Issues") {}
