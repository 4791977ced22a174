/** Looks at a compose file before Compose does: what it names is read by Compose itself, with the server's rights. */
import { isRemotePath, Problem } from "@productbuilding/preview"
import { Effect, FileSystem, Path, type PlatformError, Predicate } from "effect"
import { isNode, LineCounter, parseDocument } from "yaml"

/** In bytes. */
const maxBytes = 256 * 1024
const maxDepth = 8
/** After one mistake of syntax the rest is often read wrongly, so the later ones say little. */
const maxSyntaxErrors = 5

/**
 * Where a path really leads, through every link; `undefined` when that is outside of the root. A path such as `link/..`
 * must stay inside in both of its readings: some programs shorten it before they follow the link, the kernel afterwards.
 */
export const makeInside = Effect.fnUntraced(function* (root: string, base: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const real = yield* fs.realPath(root)
  const known = new Map<string, string | undefined>()
  const isBelow = (candidate: string) => candidate === real || candidate.startsWith(`${real}${path.sep}`)

  /** The deepest part that exists decides; what does not exist yet would be made below it. */
  const follow = Effect.fnUntraced(function* (absolute: string) {
    let existing = absolute
    const missing: Array<string> = []
    while (true) {
      const found = yield* Effect.option(fs.realPath(existing))
      if (found._tag === "Some") return path.join(found.value, ...missing)
      const parent = path.dirname(existing)
      if (parent === existing) return absolute
      missing.unshift(path.basename(existing))
      existing = parent
    }
  })

  const resolve = Effect.fnUntraced(function* (value: string) {
    if (value.startsWith("~")) return undefined
    const shortened = yield* follow(path.resolve(base, value))
    if (!isBelow(shortened)) return undefined
    if (!value.includes("..")) return shortened
    let followed = path.isAbsolute(value) ? path.sep : base
    for (const part of value.split(path.sep)) followed = yield* follow(path.join(followed, part))
    return isBelow(followed) ? shortened : undefined
  })

  return {
    resolve: Effect.fnUntraced(function* (value: string) {
      if (!known.has(value)) known.set(value, yield* resolve(value))
      return known.get(value)
    }),
    /** Only for paths that were resolved before. */
    known: (value: string) => known.get(value)
  }
})

interface Reference {
  readonly key: string
  readonly path: string
  readonly compose: boolean
}

const mapping = (value: unknown): Readonly<Record<string, unknown>> =>
  Predicate.isObject(value) && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {}
const list = (value: unknown): ReadonlyArray<unknown> =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]

/** Every file that Compose would read on behalf of this document. */
const referencesOf = (document: unknown): ReadonlyArray<Reference> => {
  const top = mapping(document)
  const references: Array<Reference> = []
  const add = (key: string, path: unknown, compose = false) => {
    if (typeof path === "string") references.push({ key, path, compose })
  }
  for (const [index, entry] of list(top["include"]).entries()) {
    for (const path of list(mapping(entry)["path"] ?? entry)) add(`include[${index}]`, path, true)
    for (const path of list(mapping(entry)["env_file"])) add(`include[${index}].env_file`, path)
    for (const path of list(mapping(entry)["project_directory"])) add(`include[${index}].project_directory`, path)
  }
  for (const [name, value] of Object.entries(mapping(top["services"]))) {
    const service = mapping(value)
    add(`services.${name}.extends.file`, mapping(service["extends"])["file"], true)
    for (const entry of list(service["env_file"]))
      add(`services.${name}.env_file`, typeof entry === "string" ? entry : mapping(entry)["path"])
    for (const entry of list(service["label_file"])) add(`services.${name}.label_file`, entry)
  }
  for (const section of ["secrets", "configs"]) {
    for (const [name, value] of Object.entries(mapping(top[section])))
      add(`${section}.${name}.file`, mapping(value)["file"])
  }
  return references
}

/** The problems of a compose file and of every compose file that it draws in. Paths are relative to the root. */
export const checkComposeSource = Effect.fn("checkComposeSource")(function* (root: string, file: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const problems: Array<Problem> = []
  const seen = new Set<string>()

  const visit = (absolute: string, depth: number): Effect.Effect<void, PlatformError.PlatformError> =>
    Effect.gen(function* () {
      const name = path.relative(root, absolute)
      const refuse = (key: string, message: string, offset?: number, lines?: LineCounter) => {
        const place = offset === undefined || lines === undefined ? undefined : lines.linePos(offset)
        problems.push(
          new Problem({
            file: name,
            key,
            message,
            ...(place === undefined ? {} : { line: place.line, column: place.col })
          })
        )
      }
      if (seen.has(absolute)) return
      seen.add(absolute)
      if (depth > maxDepth) return refuse("include", `more than ${maxDepth} files include each other`)
      const size = yield* Effect.option(Effect.map(fs.stat(absolute), (info) => Number(info.size)))
      if (size._tag === "Some" && size.value > maxBytes)
        return refuse("", `the file has ${size.value} bytes; at most ${maxBytes} are read`)
      const text = yield* Effect.option(fs.readFileString(absolute))
      if (text._tag === "None")
        return refuse("", "the file does not exist in this commit; compose.file in the contract names it")
      const lines = new LineCounter()
      const document = parseDocument(text.value, {
        lineCounter: lines,
        uniqueKeys: true,
        prettyErrors: false,
        merge: true
      })
      for (const { message, pos } of document.errors.slice(0, maxSyntaxErrors)) {
        const reason = /stack/i.test(message) ? "it is nested too deeply" : message
        refuse("", `this is not YAML: ${reason}`, pos[0], lines)
      }
      if (document.errors.length > 0) return
      const value = yield* Effect.option(
        Effect.try({ try: (): unknown => document.toJS({ maxAliasCount: 100 }), catch: () => "aliases" })
      )
      if (value._tag === "None") return refuse("", "its aliases unfold to more than is reasonable")
      const inside = yield* makeInside(root, path.dirname(absolute)).pipe(provide)
      for (const reference of referencesOf(value.value)) {
        const node = document.getIn(
          reference.key
            .split(/[.[\]]+/)
            .filter(Boolean)
            .map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
          true
        )
        const offset = isNode(node) && node.range ? node.range[0] : undefined
        if (isRemotePath(reference.path)) {
          refuse(
            reference.key,
            `${JSON.stringify(reference.path)} is fetched from elsewhere; only files of the checkout are read`,
            offset,
            lines
          )
          continue
        }
        if (reference.path.includes("$")) {
          refuse(
            reference.key,
            `${JSON.stringify(reference.path)} depends on a variable; name the file itself`,
            offset,
            lines
          )
          continue
        }
        const target = yield* inside.resolve(reference.path).pipe(provide)
        if (target === undefined)
          refuse(reference.key, `${JSON.stringify(reference.path)} lies outside the checkout`, offset, lines)
        else if (reference.compose) yield* visit(target, depth + 1)
      }
    })
  const provide = <A, E>(effect: Effect.Effect<A, E, FileSystem.FileSystem | Path.Path>) =>
    effect.pipe(Effect.provideService(FileSystem.FileSystem, fs), Effect.provideService(Path.Path, path))

  const inside = yield* makeInside(root, root)
  const target = yield* inside.resolve(file)
  if (target === undefined) {
    return [
      new Problem({
        file,
        key: "",
        message: "the file leads out of the checkout; compose.file in the contract names it"
      })
    ]
  }
  yield* visit(target, 0)
  return problems
})
