/** What a sandbox holds, as its controls and its control API show it. */
import { Schema } from "effect"

/** A file of a commit. A link's content is its target. */
export interface SandboxFile {
  readonly content: Uint8Array
  readonly kind: "file" | "executable" | "link"
}

/** A whole tree, by path relative to the root. */
export type SandboxTree = ReadonlyMap<string, SandboxFile>

/** Changes on top of a tree: text to write, `null` to delete. */
export const TreeChange = Schema.Record(Schema.String, Schema.NullOr(Schema.String))
export type TreeChange = typeof TreeChange.Type

/**
 * What a commit consists of: a folder on disk (`.git` and `node_modules` are left out), a whole tree, or changes on
 * top of the parent.
 */
export type CommitContent = string | SandboxTree | TreeChange

/** A repository. Times are ISO 8601 in UTC, without fractions, here and below: as GitHub writes them. */
export const SandboxRepository = Schema.Struct({
  id: Schema.Int,
  owner: Schema.String,
  name: Schema.String,
  private: Schema.Boolean,
  /** The head of each branch. The default branch is `main`. */
  branches: Schema.Record(Schema.String, Schema.String)
})
export type SandboxRepository = typeof SandboxRepository.Type

/** A pull request, as it was when it was read. */
export const SandboxPullRequest = Schema.Struct({
  id: Schema.Int,
  number: Schema.Int,
  title: Schema.String,
  body: Schema.String,
  author: Schema.String,
  headRef: Schema.String,
  baseRef: Schema.String,
  /** The full name of the head's repository; another one than the base's for a fork. */
  headRepository: Schema.String,
  headSha: Schema.String,
  baseSha: Schema.String,
  state: Schema.Literals(["open", "closed"]),
  draft: Schema.Boolean,
  labels: Schema.Array(Schema.String),
  assignees: Schema.Array(Schema.String),
  requestedReviewers: Schema.Array(Schema.String),
  /** The commit that a merge has made. */
  mergeSha: Schema.NullOr(Schema.String),
  mergedAt: Schema.NullOr(Schema.String),
  closedAt: Schema.NullOr(Schema.String),
  createdAt: Schema.String,
  updatedAt: Schema.String
})
export type SandboxPullRequest = typeof SandboxPullRequest.Type

/** A comment on an issue or a pull request. */
export const SandboxComment = Schema.Struct({
  id: Schema.Int,
  issue: Schema.Int,
  author: Schema.String,
  body: Schema.String,
  createdAt: Schema.String,
  updatedAt: Schema.String
})
export type SandboxComment = typeof SandboxComment.Type

/** Where webhooks go. The secret is never shown. */
export const SandboxHook = Schema.Struct({
  id: Schema.Int,
  url: Schema.String,
  /** `*` for every event. */
  events: Schema.Array(Schema.String),
  signed: Schema.Boolean,
  /** Whether it is an App's, whose payloads name the installation. */
  app: Schema.Boolean,
  createdAt: Schema.String
})
export type SandboxHook = typeof SandboxHook.Type

/** A webhook that was sent, and what became of it. */
export const SandboxDelivery = Schema.Struct({
  id: Schema.Int,
  hookId: Schema.Int,
  /** The same for a redelivery. */
  guid: Schema.String,
  event: Schema.String,
  action: Schema.NullOr(Schema.String),
  payload: Schema.JsonObject,
  redelivery: Schema.Boolean,
  deliveredAt: Schema.String,
  /** The receiver's status code; 0 when it did not answer. */
  status: Schema.Int,
  /** In GitHub's words: `OK`, `Invalid HTTP Response: 500`, `timed out`, `failed to connect to host`. */
  outcome: Schema.String,
  durationSeconds: Schema.Finite,
  requestHeaders: Schema.Record(Schema.String, Schema.String),
  responseHeaders: Schema.Record(Schema.String, Schema.String),
  /** At most the first 64 KiB of what the receiver said. */
  responseBody: Schema.String
})
export type SandboxDelivery = typeof SandboxDelivery.Type

/** What a user may do in a repository: GitHub's roles. Each includes those after it. */
export const SandboxPermission = Schema.Literals(["admin", "maintain", "write", "triage", "read", "none"])
export type SandboxPermission = typeof SandboxPermission.Type

/** The writes that the API has done in one repository. */
export const SandboxWrites = Schema.Struct({
  total: Schema.Int,
  /** How many, by `METHOD path`. */
  requests: Schema.Record(Schema.String, Schema.Int)
})
export type SandboxWrites = typeof SandboxWrites.Type
