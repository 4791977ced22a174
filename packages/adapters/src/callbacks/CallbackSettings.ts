/** Who is called back, about what, and with which secrets: a JSON array in a file, read once at boot. */
import { createHash } from "node:crypto"
import type { EventFilter } from "@productbuilding/core"
import { Config, Effect, FileSystem, Option, Redacted, Result, Schema, SchemaIssue } from "effect"
import { isAddress, isLoopback, isPrivate, isPublic } from "./CallbackAddress.ts"
import { type CallbackSecret, parseSecret } from "./CallbackSignature.ts"

/** One address that is told what happens. */
export interface CallbackEndpoint extends EventFilter {
  /**
   * The sink's name in the outbox: the host and twelve digits of the URL's hash. It stays when the file's order changes,
   * so that no message goes to another, and tells nothing of the path, which may be a secret.
   */
  readonly name: string
  readonly url: string
  /** One, or several while they are being replaced. The newest is first. */
  readonly secrets: readonly [CallbackSecret, ...ReadonlyArray<CallbackSecret>]
}

/** What a server knows of callbacks. */
export interface CallbackSettings {
  readonly endpoints: ReadonlyArray<CallbackEndpoint>
  /** Whether the endpoints may be in private networks. */
  readonly allowPrivate: boolean
}

/** The file is missing or wrong. `problems` has a line for each mistake: index, key, what was found, what is allowed. */
export class CallbacksFileError extends Schema.TaggedError<CallbacksFileError>()("CallbacksFileError", {
  file: Schema.String,
  problems: Schema.NonEmptyArray(Schema.String)
}) {
  override get message(): string {
    return `${this.file}: ${this.problems.join(`\n${this.file}: `)}`
  }
}

const Names = Schema.Array(Schema.NonEmptyString).check(Schema.isMinLength(1))

const Variable = Schema.Struct({
  env: Schema.String.check(
    Schema.isPattern(/^(?!whsec_)[A-Za-z_][A-Za-z0-9_]*$/, {
      message: "Expected the name of an environment variable that holds the secret"
    })
  )
})

const Entry = Schema.Struct({
  url: Schema.NonEmptyString,
  secrets: Schema.NonEmptyArray(Variable).check(Schema.isMaxLength(3)),
  subjects: Schema.optionalKey(Names),
  types: Schema.optionalKey(Names)
})

const knownKeys = Object.keys(Entry.fields).join(", ")

const example = `[{ "url": "https://example.com/hook", "secrets": [{ "env": "CALLBACK_SECRET" }] }]`

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

/** NOTE: only its form: somebody may have written a secret where its name belongs, or have one in the URL. */
const found = (value: unknown): string => {
  if (value === undefined) return "nothing"
  if (typeof value === "string") return value === "" ? "an empty text" : `a text of ${value.length} characters`
  if (Array.isArray(value)) return `an array of ${value.length}`
  return value === null || typeof value !== "object" ? String(value) : "an object"
}

const at = (value: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value
  )

const keysOf = (issue: { readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined }) =>
  (issue.path ?? []).map((segment) => (typeof segment === "object" ? segment.key : segment))

const place = (path: ReadonlyArray<PropertyKey>): string =>
  path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("")

/** What is wrong with a URL. */
const problemOf = (url: string, allowPrivate: boolean): string | undefined => {
  if (!URL.canParse(url)) return "must be a URL such as https://example.com/hook"
  const { hash, hostname, password, protocol, username } = new URL(url)
  if (username !== "" || password !== "") return "must have no user and no password in it"
  if (hash !== "") return "must have no fragment (#) in it"
  if (protocol !== "https:" && !(allowPrivate && protocol === "http:" && isLoopback(hostname))) {
    return `must begin with https://${allowPrivate ? ", or be http on this machine" : ""}; found ${protocol}//`
  }
  const isPermitted = isLoopback(hostname)
    ? allowPrivate
    : !isAddress(hostname) || isPublic(hostname) || (allowPrivate && isPrivate(hostname))
  if (!isPermitted) {
    const hint = allowPrivate
      ? "or in a private network"
      : "or CALLBACKS_ALLOW_PRIVATE be true and it in a private network"
    return `must be on the public Internet, ${hint}; found the host ${hostname}`
  }
  return undefined
}

/** The name of a URL's sink. */
export const sinkNameOf = (url: string): string =>
  `callback:${new URL(url).host}-${createHash("sha256").update(url).digest("hex").slice(0, 12)}`

/** Decodes the file's text. All mistakes at once; `secretOf` answers what a variable holds, if it is set. */
export const parseCallbacks = (
  file: string,
  text: string,
  options: {
    readonly allowPrivate: boolean
    readonly secretOf: (name: string) => Option.Option<Redacted.Redacted<string>>
  }
): Result.Result<ReadonlyArray<CallbackEndpoint>, CallbacksFileError> => {
  const fail = (first: string, ...rest: ReadonlyArray<string>) =>
    Result.fail(new CallbacksFileError({ file, problems: [first, ...rest] }))
  const json = Result.try((): unknown => JSON.parse(text))
  if (Result.isFailure(json)) {
    // NOTE: the engine's message quotes the text.
    const where = /\(line \d+ column \d+\)/.exec(String(json.failure))?.[0] ?? ""
    return fail(`is not JSON${where === "" ? "" : ` ${where}`}. It must be an array such as ${example}.`)
  }
  if (!Array.isArray(json.success)) {
    return fail(`must be an array such as ${example}; found ${found(json.success)}.`)
  }
  const problems: Array<string> = []
  const endpoints: Array<CallbackEndpoint> = []
  const seen = new Map<string, number>()
  for (const [index, entry] of json.success.entries()) {
    const decoded = Schema.decodeUnknownResult(Entry)(entry, { errors: "all", onExcessProperty: "error" })
    if (Result.isFailure(decoded)) {
      for (const issue of formatIssues(decoded.failure.issue).issues) {
        const path = keysOf(issue)
        const key = `[${index}]${place(path)}`
        const [top] = path
        problems.push(
          path.length === 1 && typeof top === "string" && !(top in Entry.fields)
            ? `${key} is not a known key. Known: ${knownKeys}.`
            : `${key}: ${issue.message}; found ${found(at(entry, path))}.`
        )
      }
      continue
    }
    const { secrets, subjects = [], types = [], url } = decoded.success
    const problem = problemOf(url, options.allowPrivate)
    if (problem !== undefined) {
      problems.push(`[${index}].url: ${problem}.`)
      continue
    }
    const { href } = new URL(url)
    const former = seen.get(href)
    if (former !== undefined) problems.push(`[${index}].url: is listed already, at [${former}].`)
    seen.set(href, index)
    const read = secrets.map(({ env }, position) =>
      Result.mapError(
        Result.flatMap(
          Result.fromOption(options.secretOf(env), () => "is not set"),
          parseSecret
        ),
        (why) => `[${index}].secrets[${position}].env: the variable ${env} ${why}.`
      )
    )
    const [newest, ...older] = read.filter(Result.isSuccess).map(({ success }) => success)
    problems.push(...read.filter(Result.isFailure).map(({ failure }) => failure))
    if (newest !== undefined) {
      endpoints.push({ name: sinkNameOf(href), url: href, secrets: [newest, ...older], subjects, types })
    }
  }
  const [first, ...others] = problems
  return first === undefined ? Result.succeed(endpoints) : fail(first, ...others)
}

/**
 * Reads `CALLBACKS_CONFIG_PATH`, the file there and the variables that it names, and `CALLBACKS_ALLOW_PRIVATE` (`false`;
 * for development: private networks, and http on this machine). A missing, unreadable or wrong file fails with
 * `CallbacksFileError`, in which there is no secret and no path of a URL.
 */
export const settingsConfig: Effect.Effect<
  CallbackSettings,
  CallbacksFileError | Config.ConfigError,
  FileSystem.FileSystem
> = Effect.gen(function* () {
  const path = yield* Config.option(Config.NonEmptyString("CALLBACKS_CONFIG_PATH"))
  const allowPrivate = yield* Config.Boolean("CALLBACKS_ALLOW_PRIVATE").pipe(Config.withDefault(false))
  if (Option.isNone(path)) return { endpoints: [], allowPrivate }
  const file = path.value
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs.readFileString(file).pipe(
    Effect.mapError((cause) => {
      const problem =
        cause.reason._tag === "NotFound"
          ? `does not exist. Create it, for example with ${example}, or unset CALLBACKS_CONFIG_PATH.`
          : `cannot be read (${cause.reason._tag}).`
      return new CallbacksFileError({ file, problems: [problem] })
    })
  )
  const held = new Map<string, Redacted.Redacted<string>>()
  for (const name of variablesOf(text)) {
    const value = yield* Config.option(Config.Redacted(name))
    if (Option.isSome(value) && Redacted.value(value.value) !== "") held.set(name, value.value)
  }
  const secretOf = (name: string) => Option.fromUndefinedOr(held.get(name))
  return { endpoints: yield* Effect.fromResult(parseCallbacks(file, text, { allowPrivate, secretOf })), allowPrivate }
})

/** The names of all variables in the file, as far as it can be read. */
const variablesOf = (text: string): ReadonlyArray<string> =>
  Result.match(Schema.decodeResult(Schema.fromJsonString(Schema.Array(Schema.Unknown)))(text), {
    onFailure: () => [],
    onSuccess: (entries) =>
      entries.flatMap((entry) =>
        Option.match(decodeVariables(entry), {
          onNone: () => [],
          onSome: ({ secrets }) => secrets.map(({ env }) => env)
        })
      )
  })

const decodeVariables = Schema.decodeUnknownOption(Schema.Struct({ secrets: Schema.Array(Variable) }))
