/** Checks a compose file as it is written, where Compose cannot resolve it. */
import { type Contract, EnvironmentName, PreviewId, type Problem, sanitizeCompose } from "@productbuilding/preview"
import { Effect, Path, Predicate, Result } from "effect"
import { parse } from "yaml"

/** What is left to Compose: a file that draws others in means something only when they are read. */
export interface WrittenCompose {
  readonly problems: ReadonlyArray<Problem>
  readonly notChecked: ReadonlyArray<string>
}

const drawsOthersIn = (document: unknown): boolean =>
  Predicate.isObject(document) &&
  (Reflect.has(document, "include") ||
    Object.values(Object(Reflect.get(document, "services"))).some(
      (service) => Predicate.isObject(service) && Reflect.has(service, "extends")
    ))

/** Variables stay as they are written, and links are not followed. The text must be YAML that was parsed before. `why` ends the
 * sentence that says what was not checked. */
export const checkWrittenCompose = Effect.fnUntraced(function* (
  root: string,
  contract: Contract,
  text: string,
  why: string
): Effect.fn.Return<WrittenCompose, never, Path.Path> {
  const path = yield* Path.Path
  const file = contract.compose.file
  const document = Result.getOrUndefined(
    Result.try({ try: (): unknown => parse(text, { maxAliasCount: 100, merge: true }), catch: () => undefined })
  )
  if (drawsOthersIn(document)) {
    return {
      problems: [],
      notChecked: [`what ${file} comes to with the files that it includes, since ${why}`]
    }
  }
  const folder = path.dirname(path.join(root, file))
  const checked = sanitizeCompose(document, {
    file,
    environment: EnvironmentName.make("pb-local-pr-1"),
    previewId: PreviewId.make("local/checkout#1"),
    mainService: contract.compose.service,
    port: contract.runtime.internal_port,
    log: { service: contract.logging.service ?? contract.compose.service, source: "docker" },
    variables: {},
    publish: false,
    inside: (value) => {
      const absolute = path.resolve(folder, value)
      return absolute === root || absolute.startsWith(`${root}${path.sep}`) ? absolute : undefined
    }
  })
  return {
    problems: Result.isFailure(checked) ? checked.failure : [],
    notChecked: [`variables and links in ${file}, and whether Compose accepts it, since ${why}`]
  }
})
