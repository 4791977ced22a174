/** Tools that read code and its history. */
import { Effect, Schema } from "effect"
import * as AgentTool from "../AgentTool.ts"
import { Code, CodeFile, CodeHit, CommitSummary } from "../Code.ts"
import { asToolFailed } from "../internal/toolFailure.ts"
import * as Parameters from "../internal/toolParameters.ts"

const encodeHit = Schema.encodeSync(CodeHit)
const encodeFile = Schema.encodeSync(CodeFile)
const encodeCommit = Schema.encodeSync(CommitSummary)

const maxFileBytes = 60_000

const ref = Schema.optionalKey(
  Schema.NonEmptyString.annotate({ description: "A branch, tag or commit. Leave it out for the default branch." })
)

export const make: Effect.Effect<ReadonlyArray<AgentTool.AgentTool>, never, Code> = Effect.gen(function* () {
  const code = yield* Code
  return [
    AgentTool.make({
      name: "search_code",
      description: "Searches the files of the default branch for words. Answers with paths and the lines around.",
      parameters: Schema.Struct({
        query: Schema.NonEmptyString,
        repository: Parameters.repository,
        limit: Parameters.limit(10, 30)
      }),
      effect: "read",
      permission: "read",
      summary: ({ query }) => `Search code for "${query}"`,
      about: ({ repository }) => ({ repository: repository ?? null }),
      run: ({ limit = 10, query }, { repository }) =>
        asToolFailed(
          Effect.map(code.search(repository, query, { limit }), (found) =>
            AgentTool.read(found.map((one) => ({ ...encodeHit(one) })))
          )
        )
    }),
    AgentTool.make({
      name: "read_file",
      description: "Reads one text file.",
      parameters: Schema.Struct({ path: Schema.NonEmptyString, ref, repository: Parameters.repository }),
      effect: "read",
      permission: "read",
      summary: ({ path }) => `Read ${path}`,
      about: ({ repository }) => ({ repository: repository ?? null }),
      run: ({ path, ref }, { repository }) =>
        asToolFailed(
          Effect.map(
            code.read(repository, path, { maxBytes: maxFileBytes, ...(ref === undefined ? {} : { ref }) }),
            (file) => AgentTool.read({ ...encodeFile(file) })
          )
        )
    }),
    AgentTool.make({
      name: "list_files",
      description: "Lists a folder. An empty path is the repository's root.",
      parameters: Schema.Struct({ path: Schema.String, ref, repository: Parameters.repository }),
      effect: "read",
      permission: "read",
      summary: ({ path }) => `List ${path === "" ? "the root" : path}`,
      about: ({ repository }) => ({ repository: repository ?? null }),
      run: ({ path, ref }, { repository }) =>
        asToolFailed(
          Effect.map(code.list(repository, path, ref === undefined ? {} : { ref }), (names) => AgentTool.read(names))
        )
    }),
    AgentTool.make({
      name: "list_commits",
      description: "Lists the newest commits of the default branch, or those that touched a path.",
      parameters: Schema.Struct({
        path: Schema.optionalKey(Schema.NonEmptyString),
        limit: Parameters.limit(10, 50),
        repository: Parameters.repository
      }),
      effect: "read",
      permission: "read",
      summary: ({ path }) => (path === undefined ? "List commits" : `List commits of ${path}`),
      about: ({ repository }) => ({ repository: repository ?? null }),
      run: ({ limit = 10, path }, { repository }) =>
        asToolFailed(
          Effect.map(code.commits(repository, { limit, ...(path === undefined ? {} : { path }) }), (commits) =>
            AgentTool.read(commits.map((one) => ({ ...encodeCommit(one) })))
          )
        )
    })
  ]
})
