/** A checkout on this machine, looked at with the server's own eyes: its contract, and what its compose file comes to. */
import * as DockerRuntime from "@productbuilding/adapters/docker/DockerRuntime"
import {
  CommitSha,
  makeRegistry,
  Project,
  ProjectRegistry,
  PullRequestNumber,
  RepositoryName
} from "@productbuilding/core"
import {
  type Contract,
  contractPath,
  type Environment,
  environmentName,
  PreviewSettings,
  parseContract,
  previewHost,
  previewId,
  previewUrl
} from "@productbuilding/preview"
import { type Config, Effect, FileSystem, Option, Path, Result, Schema } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { CommandFailure } from "./CommandFailure.ts"

/** The absolute path of a folder. */
export const checkoutRoot = Effect.fnUntraced(function* (text: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = path.resolve(text)
  const found = yield* Effect.option(fs.stat(root))
  if (Option.isNone(found) || found.value.type !== "Directory") {
    return yield* new CommandFailure({
      kind: "usage",
      message: `${text} is no folder. Name the root of a checkout, the folder that holds .productbuilding.`
    })
  }
  return root
})

/** The contract's text; `None` when the checkout has none. */
export const contractText = Effect.fnUntraced(function* (root: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return yield* fs.readFileString(path.join(root, contractPath)).pipe(
    Effect.asSome,
    Effect.catchTag("PlatformError", (error) =>
      error.reason._tag === "NotFound"
        ? Effect.succeed(Option.none<string>())
        : Effect.fail(
            new CommandFailure({ kind: "wrong", message: `${contractPath} cannot be read (${error.reason._tag}).` })
          )
    )
  )
})

/** The contract with its defaults, or what is wrong with it. */
export const readContract = Effect.fnUntraced(function* (root: string) {
  return Option.map(yield* contractText(root), parseContract)
})

/** What git says, or nothing: a checkout need not be one of git's. */
const git = Effect.fnUntraced(function* (root: string, ...args: ReadonlyArray<string>) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  return yield* spawner.string(ChildProcess.make("git", ["-C", root, ...args], { stderr: "ignore" })).pipe(
    Effect.map((text) => text.trim()),
    Effect.orElseSucceed(() => "")
  )
})

const decodeRepository = Schema.decodeUnknownOption(RepositoryName)
const decodeSha = Schema.decodeUnknownOption(CommitSha)

/** `owner/name` at the end of the remote's address, else a name made of the folder's. */
const repositoryOf = Effect.fnUntraced(function* (root: string) {
  const path = yield* Path.Path
  const remote = yield* git(root, "remote", "get-url", "origin")
  const named = decodeRepository(/([^/:]+\/[^/]+?)(?:\.git)?\/?$/.exec(remote)?.[1])
  const folder = path.basename(root).replace(/[^A-Za-z0-9._-]+/g, "-")
  return Option.getOrElse(named, () => RepositoryName.make(`local/${folder === "" ? "checkout" : folder}`))
})

/** The environment that the server would make of the checkout for a pull request of this number. Without secrets. */
export const environmentOf = Effect.fnUntraced(function* (options: {
  readonly root: string
  readonly contract: Contract
  readonly pullRequest: number
  readonly stateDirectory: string
}): Effect.fn.Return<
  Environment,
  CommandFailure | Config.ConfigError,
  FileSystem.FileSystem | Path.Path | ChildProcessSpawner.ChildProcessSpawner
> {
  const repository = yield* repositoryOf(options.root)
  const project = new Project({ repository, trust: "same-repository", secrets: {} })
  const registry = makeRegistry([project])
  const { exposure } = yield* PreviewSettings.pipe(
    Effect.provide(PreviewSettings.layerConfig),
    Effect.provideService(ProjectRegistry, registry),
    Effect.catchTag("PreviewSettingsError", ({ message }) =>
      Effect.fail(new CommandFailure({ kind: "wrong", message }))
    )
  )
  const number = PullRequestNumber.make(options.pullRequest)
  const host = previewHost(project, number, exposure, registry.all)
  const head = decodeSha(yield* git(options.root, "rev-parse", "HEAD"))
  const sha = Option.getOrElse(head, () => CommitSha.make("0".repeat(40)))
  return {
    name: environmentName(repository, number),
    previewId: previewId(repository, number),
    sha,
    sourceDirectory: options.root,
    stateDirectory: options.stateDirectory,
    contract: options.contract,
    variables: {
      COMMIT_SHA: sha,
      PREVIEW_URL: previewUrl(host, exposure),
      PREVIEW_HOST: host,
      PULL_REQUEST: String(number)
    },
    trusted: true
  }
})

/**
 * The compose file as it would be run, as JSON text. Compose resolves it, which needs no engine. Fails with
 * `ComposeMissing` where there is no Compose, and with `RuntimeError` when the file is wrong or refused.
 */
export const renderCompose = Effect.fnUntraced(function* (options: {
  readonly root: string
  readonly contract: Contract
  readonly pullRequest: number
}) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const stateDirectory = yield* fs.makeTempDirectoryScoped({ prefix: "productbuilding-render-" })
  const runtime = yield* DockerRuntime.make({ publish: false })
  const environment = yield* environmentOf({ ...options, stateDirectory })
  yield* runtime.prepare(environment)
  return yield* fs.readFileString(path.join(stateDirectory, "compose.json"))
}, Effect.scoped)

/** Whether a contract was read, and rightly. */
export type ReadContract = Effect.Success<ReturnType<typeof readContract>>

/** The contract of a checkout that must have a right one. */
export const requireContract = Effect.fnUntraced(function* (root: string) {
  const read = yield* readContract(root)
  if (Option.isNone(read)) {
    return yield* new CommandFailure({
      kind: "wrong",
      message: `There is no ${contractPath} in ${root}. \`productbuilding preview lint\` shows what one looks like.`
    })
  }
  if (Result.isFailure(read.value)) {
    return yield* new CommandFailure({
      kind: "wrong",
      message: `${contractPath} has mistakes. \`productbuilding preview lint\` names them.`
    })
  }
  return read.value.success
})
