/** Tools that read code and its history. */
import { Effect, Schema } from "effect"
import * as AgentTool from "../AgentTool.ts"
import { Code, CodeFile, CodeHit, CommitSummary } from "../Code.ts"
import { asToolFailed } from "../internal/toolFailure.ts"
import * as Parameters from "../ToolParameters.ts"

const maxFileBytes = 100_000

const { byOthers } = Parameters

const ref = Schema.optionalKey(
  Schema.NonEmptyString.annotate({ description: "A branch, tag or commit. Default: the default branch." })
)

export const make: Effect.Effect<ReadonlyArray<AgentTool.AgentTool>, never, Code> = Effect.gen(function* () {
  const code = yield* Code
  return [
    AgentTool.make({
      name: "search_code",
      title: "Search code",
      description: "Searches the files of a repository's default branch for words: paths and the lines around.",
      parameters: Schema.Struct({
        query: Schema.NonEmptyString,
        repository: Parameters.repository,
        limit: Parameters.limit(10, 30)
      }),
      success: Schema.Struct({
        found: Schema.Array(Schema.Struct(CodeHit.fields)).annotate({ description: byOthers })
      }),
      effect: "read",
      permission: "read",
      summary: ({ query }) => `Search code for "${query}"`,
      about: ({ repository }) => ({ repository: repository ?? null }),
      run: ({ limit = 10, query }, { repository }) =>
        asToolFailed(Effect.map(code.search(repository, query, { limit }), (found) => AgentTool.read({ found })))
    }),
    AgentTool.make({
      name: "read_file",
      title: "Read a file",
      description: `Reads one text file of a repository on its code host, at most ${maxFileBytes} bytes.`,
      parameters: Schema.Struct({ path: Schema.NonEmptyString, ref, repository: Parameters.repository }),
      success: Schema.Struct(CodeFile.fields).annotate({ description: byOthers }),
      effect: "read",
      permission: "read",
      summary: ({ path }) => `Read ${path}`,
      about: ({ repository }) => ({ repository: repository ?? null }),
      run: ({ path, ref }, { repository }) =>
        asToolFailed(
          Effect.map(
            code.read(repository, path, { maxBytes: maxFileBytes, ...(ref === undefined ? {} : { ref }) }),
            AgentTool.read
          )
        )
    }),
    AgentTool.make({
      name: "list_files",
      title: "List files",
      description: "Lists a folder of a repository on its code host; folders end with a slash.",
      parameters: Schema.Struct({
        path: Schema.String.annotate({ description: "Empty for the repository's root." }),
        ref,
        repository: Parameters.repository
      }),
      success: Schema.Struct({ names: Schema.Array(Schema.String) }),
      effect: "read",
      permission: "read",
      summary: ({ path }) => `List ${path === "" ? "the root" : path}`,
      about: ({ repository }) => ({ repository: repository ?? null }),
      run: ({ path, ref }, { repository }) =>
        asToolFailed(
          Effect.map(code.list(repository, path, ref === undefined ? {} : { ref }), (names) =>
            AgentTool.read({ names })
          )
        )
    }),
    AgentTool.make({
      name: "list_commits",
      title: "List commits",
      description: "Lists the newest commits of a repository's default branch, or those that touched a path.",
      parameters: Schema.Struct({
        path: Schema.optionalKey(Schema.NonEmptyString),
        limit: Parameters.limit(10, 50),
        repository: Parameters.repository
      }),
      success: Schema.Struct({
        commits: Schema.Array(Schema.Struct(CommitSummary.fields)).annotate({ description: byOthers })
      }),
      effect: "read",
      permission: "read",
      summary: ({ path }) => (path === undefined ? "List commits" : `List commits of ${path}`),
      about: ({ repository }) => ({ repository: repository ?? null }),
      run: ({ limit = 10, path }, { repository }) =>
        asToolFailed(
          Effect.map(code.commits(repository, { limit, ...(path === undefined ? {} : { path }) }), (commits) =>
            AgentTool.read({ commits })
          )
        )
    })
  ]
})
