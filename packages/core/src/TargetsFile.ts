/** The targets file: which repositories we work for. A JSON array, read once at boot. */
import { Effect, FileSystem, Layer, Result, Schema } from "effect"
import { AgentRules } from "./AgentRules.ts"
import { decodeJsonValue, found, jsonPosition, parseJson } from "./internal/jsonText.ts"
import { NotificationPolicy } from "./NotificationPolicy.ts"
import { DomainName, makeRegistry, Project, ProjectRegistry, Trust } from "./Project.ts"
import { RepositoryName } from "./Repository.ts"

const Target = Schema.Struct({
  repo: RepositoryName,
  previewDomain: Schema.optionalKey(DomainName),
  slackChannel: Schema.optionalKey(Schema.NonEmptyString),
  trust: Schema.optionalKey(Trust),
  secrets: Schema.optionalKey(Schema.Record(Schema.String, Schema.Struct({ env: Schema.NonEmptyString }))),
  delegateMention: Schema.optionalKey(Schema.NonEmptyString),
  notifications: Schema.optionalKey(NotificationPolicy),
  agent: Schema.optionalKey(AgentRules)
})

const example = `[\n  { "repo": "acme/shop" }\n]`

/** The file is missing or wrong. `problems` has a line for each mistake: key, what was found and where, what is allowed. */
export class TargetsFileError extends Schema.TaggedError<TargetsFileError>()("TargetsFileError", {
  file: Schema.String,
  problems: Schema.NonEmptyArray(Schema.String)
}) {
  override get message(): string {
    return `${this.file}: ${this.problems.join(`\n${this.file}: `)}`
  }
}

/** Decodes the file's text. All mistakes at once. */
export const parseTargets = (file: string, text: string): Result.Result<ReadonlyArray<Project>, TargetsFileError> => {
  const fail = (first: string, ...rest: ReadonlyArray<string>) =>
    Result.fail(new TargetsFileError({ file, problems: [first, ...rest] }))
  const json = parseJson(text)
  if (Result.isFailure(json)) {
    return fail(`is not JSON ${jsonPosition(text)}. It must be an array such as ${example.replace(/\s+/g, " ")}.`)
  }
  if (!Array.isArray(json.success)) {
    return fail(`must be an array such as ${example.replace(/\s+/g, " ")}; found ${found(json.success)}.`)
  }
  const problems: Array<string> = []
  const projects: Array<Project> = []
  const seen = new Map<string, number>()
  for (const [index, entry] of json.success.entries()) {
    const decoded = decodeJsonValue(Target, text, entry, [index])
    if (Result.isFailure(decoded)) {
      problems.push(...decoded.failure)
      continue
    }
    const { repo, secrets, trust, ...rest } = decoded.success
    const former = seen.get(repo.toLowerCase())
    if (former !== undefined) problems.push(`[${index}].repo: ${repo} is listed already, at [${former}].`)
    seen.set(repo.toLowerCase(), index)
    projects.push(new Project({ ...rest, repository: repo, trust: trust ?? "same-repository", secrets: secrets ?? {} }))
  }
  const [first, ...others] = problems
  return first === undefined ? Result.succeed(projects) : fail(first, ...others)
}

/** Reads the file. A missing, unreadable or wrong file fails the boot with `TargetsFileError`. */
export const layer = (file: string): Layer.Layer<ProjectRegistry, TargetsFileError, FileSystem.FileSystem> =>
  Layer.effect(
    ProjectRegistry,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const text = yield* fs.readFileString(file).pipe(
        Effect.mapError((cause) => {
          const problem =
            cause.reason._tag === "NotFound"
              ? `does not exist. Create it, for example with ${example.replace(/\s+/g, " ")}, or set TARGETS_CONFIG_PATH to where it is.`
              : `cannot be read (${cause.reason._tag}).`
          return new TargetsFileError({ file, problems: [problem] })
        })
      )
      return makeRegistry(yield* Effect.fromResult(parseTargets(file, text)))
    })
  )
