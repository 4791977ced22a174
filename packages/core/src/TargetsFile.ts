/** The targets file: which repositories we work for. A JSON array, read once at boot. */
import { Effect, FileSystem, Layer, Result, Schema, SchemaIssue } from "effect"
import { DomainName, makeRegistry, Project, ProjectRegistry, Trust } from "./Project.ts"
import { RepositoryName } from "./Repository.ts"

const Target = Schema.Struct({
  repo: RepositoryName,
  previewDomain: Schema.optionalKey(DomainName),
  slackChannel: Schema.optionalKey(Schema.NonEmptyString),
  trust: Schema.optionalKey(Trust),
  secrets: Schema.optionalKey(Schema.Record(Schema.String, Schema.Struct({ env: Schema.NonEmptyString }))),
  delegateMention: Schema.optionalKey(Schema.NonEmptyString)
})

const knownKeys = Object.keys(Target.fields).join(", ")

const example = `[\n  { "repo": "acme/shop" }\n]`

/** The file is missing or wrong. `problems` has a line for each mistake: index, key, what was found, what is allowed. */
export class TargetsFileError extends Schema.TaggedError<TargetsFileError>()("TargetsFileError", {
  file: Schema.String,
  problems: Schema.NonEmptyArray(Schema.String)
}) {
  override get message(): string {
    return `${this.file}: ${this.problems.join(`\n${this.file}: `)}`
  }
}

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

const found = (value: unknown): string => {
  const text = JSON.stringify(value)
  return text === undefined ? "nothing" : text.length > 60 ? `${text.slice(0, 57)}...` : text
}

const at = (value: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value
  )

const keyOf = (issue: { readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined }) =>
  (issue.path ?? []).map((segment) => (typeof segment === "object" ? segment.key : segment))

const parseJson = (text: string): Result.Result<unknown, string> =>
  Result.try({
    try: (): unknown => JSON.parse(text),
    catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
  })

/** Whether the text is JSON, or a beginning of it. */
const couldBecomeJson = (text: string): boolean => {
  const json = parseJson(text)
  return Result.isSuccess(json) || /end of JSON/.test(json.failure) || json.failure.includes(`position ${text.length} `)
}

/** Behind the longest beginning that could still become JSON: the engine itself tells the place only of some mistakes. */
const jsonPosition = (text: string): string => {
  if (couldBecomeJson(text)) return "at its end"
  let right = 0
  let wrong = text.length
  while (wrong - right > 1) {
    const middle = Math.floor((right + wrong) / 2)
    if (couldBecomeJson(text.slice(0, middle))) right = middle
    else wrong = middle
  }
  const before = text.slice(0, right).split("\n")
  return `at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
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
    const decoded = Schema.decodeUnknownResult(Target)(entry, { errors: "all", onExcessProperty: "error" })
    if (Result.isFailure(decoded)) {
      for (const issue of formatIssues(decoded.failure.issue).issues) {
        const path = keyOf(issue)
        const key = path.length === 0 ? `[${index}]` : `[${index}].${path.map(String).join(".")}`
        const [top] = path
        problems.push(
          path.length === 1 && typeof top === "string" && !(top in Target.fields)
            ? `${key} is not a known key. Known: ${knownKeys}.`
            : `${key}: ${issue.message}; found ${found(at(entry, path))}.`
        )
      }
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
