/** The durable record of every preview, one for each pull request. Never touches containers. */
import { type CommitSha, OperationId } from "@productbuilding/core"
import { Context, type Effect, type Option, Schema, type Stream } from "effect"
import { type Preview, PreviewId } from "./Preview.ts"

/** The database failed. Retryable. */
export class PreviewStoreError extends Schema.TaggedError<PreviewStoreError>()("PreviewStoreError", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {}

/** No preview has this id. */
export class PreviewNotFound extends Schema.TaggedError<PreviewNotFound>()("PreviewNotFound", { id: PreviewId }) {}

/** The operation no longer owns the preview: a newer push or a close has taken it over. Stop and change nothing. */
export class Superseded extends Schema.TaggedError<Superseded>()("Superseded", {
  id: PreviewId,
  operationId: OperationId
}) {}

/** What an operation may change about its preview. Absent keys stay as they are. */
export type PreviewChange = Partial<Pick<Preview, "state" | "runningSha" | "failure" | "stages" | "note">>

/** What the pull request says of itself, and the addresses that follow from it. */
export type PreviewFacts = Pick<
  Preview,
  | "id"
  | "repository"
  | "pullRequest"
  | "title"
  | "author"
  | "headRef"
  | "fromFork"
  | "pullRequestUrl"
  | "environment"
  | "host"
  | "url"
>

/** A preview after `begin`, and as it was just before, read in the same transaction. */
export interface Handover {
  readonly preview: Preview
  readonly former: Option.Option<Preview>
}

/** Where previews are recorded. Each change and the event that tells of it are one transaction. */
export class PreviewStore extends Context.Service<
  PreviewStore,
  {
    get(id: PreviewId): Effect.Effect<Preview, PreviewNotFound | PreviewStoreError>
    find(id: PreviewId): Effect.Effect<Option.Option<Preview>, PreviewStoreError>
    /** Which preview answers at a host name; a deleted one is found too. */
    findByHost(host: string): Effect.Effect<Option.Option<Preview>, PreviewStoreError>
    /** Newest change first; without deleted ones unless asked for. */
    list(options?: { readonly deleted?: boolean }): Effect.Effect<ReadonlyArray<Preview>, PreviewStoreError>
    /**
     * Hands the preview to a new operation, which from now on is the only one that may `change` it: inserts or updates
     * the facts, sets state, sha and `removedSha` (default `null`), clears failure and stages, and starts the operation. The former operation, if it
     * still runs, is recorded as superseded.
     */
    begin(
      facts: PreviewFacts,
      operation: { readonly id: OperationId; readonly kind: "deployment" | "teardown"; readonly requester: string },
      to: Pick<Preview, "state" | "sha"> & Partial<Pick<Preview, "approvedSha" | "removedSha">>
    ): Effect.Effect<Handover, PreviewStoreError>
    /** Changes what the operation owns. Moving to `ready`, `failed` or `deleted` ends the operation. */
    change(
      id: PreviewId,
      operationId: OperationId,
      change: PreviewChange
    ): Effect.Effect<Preview, Superseded | PreviewNotFound | PreviewStoreError>
    /** Records that a commit waits for an approval, without an operation. */
    block(facts: PreviewFacts, sha: CommitSha): Effect.Effect<Handover, PreviewStoreError>
    /** Updates title, author and addresses, nothing else. Does nothing when they are the same. */
    refresh(facts: PreviewFacts): Effect.Effect<void, PreviewStoreError>
    /** Each preview as it is after each change from now on, in order. */
    readonly changes: Stream.Stream<Preview, PreviewStoreError>
  }
>()("@productbuilding/preview/PreviewStore") {}
