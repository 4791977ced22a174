/** `sandbox serve` */
import { exampleRepository, startGitHubSandbox, startModelSandbox } from "@productbuilding/sandbox"
import { Console, Effect, FileSystem, Option, Redacted } from "effect"
import { CommandFailure } from "../CommandFailure.ts"
import { hint } from "../Output.ts"

const wrong = (message: string) => new CommandFailure({ kind: "wrong", message })

const startFailure = (port: number, flag: string) => (cause: unknown) =>
  cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE"
    ? wrong(`Port ${port} is taken. Choose another with ${flag}.`)
    : wrong(`The sandbox cannot listen on port ${port}: ${cause instanceof Error ? cause.message : String(cause)}`)

/** A sandbox for the life of the scope. */
const listening = <A extends { readonly stop: () => Promise<void> }>(
  port: number,
  flag: string,
  begin: () => Promise<A>
) =>
  Effect.acquireRelease(Effect.tryPromise({ try: begin, catch: startFailure(port, flag) }), (running) =>
    Effect.promise(() => running.stop())
  )

/** What a person still reads as typing. */
const pieceDelayMs = 25

/** Serves a GitHub from folders of this machine until it is interrupted; nothing of it is kept. */
export const sandboxServe = Effect.fnUntraced(function* (options: {
  readonly port: number
  readonly modelPort: Option.Option<number>
  readonly repo: Option.Option<Readonly<Record<string, string>>>
  readonly webhook: Option.Option<string>
  readonly secret: Option.Option<Redacted.Redacted<string>>
}) {
  const fs = yield* FileSystem.FileSystem
  const repositories = Option.getOrElse(options.repo, () => ({ "acme/shop": exampleRepository }))
  for (const [name, folder] of Object.entries(repositories)) {
    const found = yield* Effect.option(fs.stat(folder))
    if (!/^[^/\s]+\/[^/\s#]+$/.test(name) || Option.isNone(found) || found.value.type !== "Directory") {
      return yield* new CommandFailure({
        kind: "usage",
        message: `--repo ${name}=${folder} must be owner/name=folder, and the folder must exist.`
      })
    }
  }
  const { modelPort, port } = options
  const sandbox = yield* listening(port, "--port", () => startGitHubSandbox({ port }))
  const model = Option.isNone(modelPort)
    ? undefined
    : yield* listening(modelPort.value, "--model-port", () =>
        startModelSandbox({ port: modelPort.value, pieceDelayMs })
      )
  for (const [name, folder] of Object.entries(repositories)) {
    yield* Effect.try({
      try: () => {
        sandbox.addRepository(name, folder)
        if (Option.isNone(options.webhook)) return
        sandbox.addHook(name, {
          url: options.webhook.value,
          ...Option.match(options.secret, {
            onNone: () => ({}),
            onSome: (secret) => ({ secret: Redacted.value(secret) })
          })
        })
      },
      catch: (cause) => wrong(`${folder} cannot be served: ${cause instanceof Error ? cause.message : String(cause)}`)
    })
  }
  yield* Console.log(`A GitHub with ${Object.keys(repositories).join(", ")} answers at ${sandbox.url}`)
  if (model !== undefined) {
    yield* Console.log(`A model answers at ${model.url}, which is also a page to read its calls`)
    yield* hint(
      `Base URLs: ${model.url} for Anthropic, ${model.openAiUrl} for OpenAI, ${model.geminiUrl} for Gemini; any API key.`
    )
  }
  yield* hint(
    Option.isSome(options.webhook)
      ? `Set GITHUB_API_URL=${sandbox.url} and any GITHUB_TOKEN for the server. Ctrl-C stops it.`
      : "It sends no webhooks; --webhook http://127.0.0.1:8080/webhook makes it. Ctrl-C stops it."
  )
  return yield* Effect.never
}, Effect.scoped)
