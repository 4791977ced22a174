/** The other side of the code host, for the contracts of `Issues`, `Code`, `Members` and `Delegate`. */
import { assert } from "@effect/vitest"
import {
  type CodeHostError,
  describeCodeHostError,
  type PullRequestNumber,
  RepositoryName
} from "@productbuilding/core"
import { Context, Effect } from "effect"

/** What a host does wrong, for the next `times` requests of the method. */
export interface HostFault {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  readonly times: number
  /** `limited`: asks for a second's pause. `broken`: fails by itself. `lost`: does it, and breaks the connection. */
  readonly kind: "limited" | "broken" | "lost"
}

/** An issue or a pull request as it is there. */
export interface HostIssue {
  readonly title: string
  readonly body: string
  readonly author: string
  readonly state: "open" | "closed"
  /** Why it is closed. */
  readonly reason: string | null
  readonly labels: ReadonlyArray<string>
  readonly assignees: ReadonlyArray<string>
}

/** What happens on the host without us. Every layer has one of its own, with an empty repository. */
export class HostWorld extends Context.Service<
  HostWorld,
  {
    readonly repository: RepositoryName
    /** Our credentials can read it too, and nobody wants to see any of it. Whatever is put in the first is in here as well, and fits a search better. */
    readonly other: RepositoryName
    /** Under whom we write. */
    readonly ourselves: string
    /** `ours`: by us, else by `ada`. */
    openIssue(issue: {
      readonly title: string
      readonly body?: string
      readonly labels?: ReadonlyArray<string>
      readonly ours?: boolean
    }): Effect.Effect<PullRequestNumber>
    openPullRequest(pull: { readonly title: string; readonly body?: string }): Effect.Effect<PullRequestNumber>
    readonly issues: Effect.Effect<ReadonlyArray<HostIssue>>
    issue(number: PullRequestNumber): Effect.Effect<HostIssue>
    comment(number: PullRequestNumber, author: string, body: string): Effect.Effect<void>
    bodies(number: PullRequestNumber): Effect.Effect<ReadonlyArray<string>>
    unassign(number: PullRequestNumber, login: string): Effect.Effect<void>
    /** A commit on the default branch, or on another one. Answers with its id. */
    push(
      files: Readonly<Record<string, string | Uint8Array>>,
      options?: { readonly branch?: string; readonly author?: string }
    ): Effect.Effect<string>
    setRole(login: string, role: "admin" | "maintain" | "write" | "triage" | "read" | "none"): Effect.Effect<void>
    fault(fault: HostFault): Effect.Effect<void>
    /** How many writes there were so far. */
    readonly writes: Effect.Effect<number>
  }
>()("@productbuilding/agent/test/HostWorld") {}

export const unknown = RepositoryName.make("nobody/nothing")

/** Why it failed. */
export const reasonOf = <E extends { readonly _tag: string }, R>(
  effect: Effect.Effect<unknown, E | CodeHostError, R>
) =>
  Effect.map(Effect.flip(effect), (error) => {
    if (!("reason" in error)) return assert.fail(error._tag)
    assert.isNotEmpty(describeCodeHostError(error))
    return error.reason._tag
  })
