/** Reading a repository. */
import type { CodeHostError, RepositoryName } from "@productbuilding/core"
import { Context, type Effect, Schema } from "effect"

export class CodeHit extends Schema.Class<CodeHit>("@productbuilding/agent/CodeHit")({
  path: Schema.String,
  /** Lines around the hit. */
  fragment: Schema.String,
  url: Schema.String
}) {}

export class CodeFile extends Schema.Class<CodeFile>("@productbuilding/agent/CodeFile")({
  path: Schema.String,
  text: Schema.String,
  /** Whether `text` is only the beginning. */
  cut: Schema.Boolean,
  /** Permanent: it names the commit. */
  url: Schema.String
}) {}

export class CommitSummary extends Schema.Class<CommitSummary>("@productbuilding/agent/CommitSummary")({
  sha: Schema.String,
  author: Schema.String,
  message: Schema.String,
  at: Schema.String,
  url: Schema.String
}) {}

/** Every adapter passes `CodeTest.suite`. All reads of the default branch, unless a `ref` is given. */
export class Code extends Context.Service<
  Code,
  {
    search(
      repository: RepositoryName,
      query: string,
      options: { readonly limit: number }
    ): Effect.Effect<ReadonlyArray<CodeHit>, CodeHostError>
    /** At most `maxBytes`. `NotFound` also for what is no text. */
    read(
      repository: RepositoryName,
      path: string,
      options: { readonly ref?: string; readonly maxBytes: number }
    ): Effect.Effect<CodeFile, CodeHostError>
    /** The names in a folder, those of folders with a `/` at the end. */
    list(
      repository: RepositoryName,
      path: string,
      options?: { readonly ref?: string }
    ): Effect.Effect<ReadonlyArray<string>, CodeHostError>
    /** Newest first. */
    commits(
      repository: RepositoryName,
      options: { readonly path?: string; readonly limit: number }
    ): Effect.Effect<ReadonlyArray<CommitSummary>, CodeHostError>
  }
>()("@productbuilding/agent/Code") {}
