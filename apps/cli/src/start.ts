/** `productbuilding start`: everything on this machine, offline, with a pull request to look at. */
// @effect-diagnostics processEnv:off processEnvInEffect:off (it decides what of the environment the server sees)
import { randomUUID } from "node:crypto"
import { detectCompose } from "@productbuilding/adapters/docker/ComposeCli"
import { connect } from "@productbuilding/adapters/docker/DockerEngine"
import { type Preview, PreviewStore, Runtime, stageNames } from "@productbuilding/preview"
import {
  exampleRepository,
  type RunningSandbox,
  startGitHubSandbox,
  startModelSandbox,
  startSlackSandbox
} from "@productbuilding/sandbox"
import * as Serve from "@productbuilding/server/Serve"
import {
  Cause,
  ConfigProvider,
  Console,
  Context,
  DateTime,
  Duration,
  Effect,
  Fiber,
  FileSystem,
  Layer,
  Path,
  Stream
} from "effect"
import { CommandFailure } from "./CommandFailure.ts"
import { palette } from "./Output.ts"

export interface StartOptions {
  readonly port: number
  readonly sandboxPort: number
  readonly slackPort: number
  readonly modelPort: number
  readonly runtime: "auto" | "docker" | "process"
  readonly dataDir: string
}

const repository = "acme/shop"

/** A port that is taken is the one mistake that everybody makes: it is named, with the way out. */
const portTaken = (port: number, what: string, flag: string) =>
  new CommandFailure({
    kind: "wrong",
    message: `Port ${port} is taken, and ${what} needs one. Choose another: npm start -- ${flag} ${port + 1000}`
  })

const isAddressInUse = (cause: unknown): boolean =>
  /EADDRINUSE/.test(String(cause instanceof Error ? (cause.cause ?? cause.message) : cause))

/** Docker where an engine and Compose answer, else processes; and why. */
const chooseRuntime = (wanted: StartOptions["runtime"]) =>
  Effect.gen(function* () {
    if (wanted !== "auto") return { runtime: wanted, why: "as asked" }
    const version = yield* Effect.tryPromise(() => connect(process.env["DOCKER_HOST"]).version()).pipe(
      Effect.timeout("3 seconds")
    )
    const compose = yield* detectCompose
    return { runtime: "docker" as const, why: `Docker ${version.Version} and Compose ${compose.version} answer` }
  }).pipe(
    Effect.catch((error) =>
      Effect.succeed({
        runtime: "process" as const,
        why: error._tag === "ComposeMissing" ? "Docker answers, but Compose was not found" : "no Docker engine answers"
      })
    )
  )

const startSandbox = <A extends { readonly stop: () => Promise<void> }>(
  what: string,
  flag: string,
  port: number,
  begin: () => Promise<A>
) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: begin,
      catch: (cause) =>
        isAddressInUse(cause) || String(cause).includes("EADDRINUSE")
          ? portTaken(port, what, flag)
          : new CommandFailure({ kind: "wrong", message: `${what} did not start: ${String(cause)}` })
    }),
    (sandbox) => Effect.promise(() => sandbox.stop())
  )

const startGitHub = (port: number) =>
  startSandbox("the sandbox GitHub", "--sandbox-port", port, () => startGitHubSandbox({ port }))

/** A workspace with three people and the channel of the example. */
const startSlack = (port: number) =>
  Effect.map(
    startSandbox("the sandbox Slack", "--slack-port", port, () =>
      startSlackSandbox({ port, botName: "productbuilder" })
    ),
    (slack) => {
      for (const [name, realName] of [
        ["ada", "Ada Lovelace"],
        ["grace", "Grace Hopper"],
        ["you", "You"]
      ] as const)
        slack.addUser({ name, realName })
      slack.invite(slack.addChannel({ name: "productbuilding-shop", topic: "The shop's issues and pull requests" }).id)
      return slack
    }
  )

/** Pieces come as slowly as a quick model's. */
const startModel = (port: number) =>
  startSandbox("the sandbox model", "--model-port", port, () => startModelSandbox({ port, pieceDelayMs: 20 }))

/** The provider that the environment names, else the stand-in. */
const modelSettings = (url: string): { readonly config: Record<string, string>; readonly name: string } => {
  const own = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      /^(LLM|AGENT)_/.test(name) && value !== undefined && value !== "" ? [[name, value]] : []
    )
  )
  return own["LLM_API_KEY"] === undefined
    ? { config: { LLM_PROVIDER: "anthropic", LLM_API_KEY: "sandbox", LLM_BASE_URL: url }, name: "a stand-in" }
    : { config: own, name: `${own["LLM_MODEL"] ?? own["LLM_PROVIDER"] ?? "the model"} of LLM_API_KEY` }
}

const openPullRequest = (sandbox: RunningSandbox) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const source = yield* fs.readFileString(path.join(exampleRepository, "server.mjs"))
    return sandbox.openPullRequest(repository, {
      title: "Put the mugs in the window",
      branch: "mugs-in-the-window",
      author: "ada",
      change: { "server.mjs": source.replace("A small shop, open for preview", "The mugs are in the window") }
    })
  })

const engineSettings = (): Record<string, string> =>
  Object.fromEntries(
    [
      "PATH",
      "HOME",
      "DOCKER_HOST",
      "DOCKER_CONFIG",
      "DOCKER_CONTEXT",
      "DOCKER_CERT_PATH",
      "DOCKER_TLS_VERIFY",
      "XDG_RUNTIME_DIR"
    ].flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    })
  )

const took = (duration: Duration.Duration) => `${Duration.toSeconds(duration).toFixed(1)} s`

/** Lines for what is new in a preview since the last look. */
const makeProgress = Effect.gen(function* () {
  const colors = yield* palette
  const told = new Set<string>()
  return (preview: Preview): ReadonlyArray<string> => {
    const lines: Array<string> = []
    for (const { endedAt, stage, startedAt } of preview.stages) {
      const key = `${preview.operationId} ${stage}`
      if (endedAt === null || told.has(key) || preview.failure?.stage === stage) continue
      told.add(key)
      lines.push(
        `  ${colors.good("✓")} ${stageNames[stage].padEnd(24)} ${colors.dim(took(DateTime.distance(startedAt, endedAt)))}`
      )
    }
    if (preview.state === "failed" && preview.failure !== null) {
      lines.push(`  ${colors.bad("✗")} ${preview.failure.stage}: ${preview.failure.summary}`)
      for (const line of preview.failure.evidence.split("\n").slice(-20)) lines.push(colors.dim(`    ${line}`))
    }
    return lines
  }
})

/** Removes every preview, and looks again until there is none. */
const removeEverything = (runtime: Runtime["Service"]) =>
  Effect.gen(function* () {
    yield* Console.log("\nStopping: removing previews …")
    yield* Effect.gen(function* () {
      const held = yield* runtime.list
      yield* Effect.forEach(held, ({ name }) => runtime.remove(name), { concurrency: 4, discard: true })
      return held.length
    }).pipe(Effect.repeat({ until: (held) => held === 0, times: 20 }))
    yield* Console.log("Nothing is left running.")
  }).pipe(Effect.catch((error) => Console.error(`Not everything could be removed: ${error.reason._tag}`)))

/** Starts everything, shows the deployment, and stays until it is interrupted; then nothing is left. */
export const start = Effect.fn("start")(function* (options: StartOptions) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const colors = yield* palette
  const dataDir = path.resolve(options.dataDir)
  yield* fs.makeDirectory(dataDir, { recursive: true })
  yield* fs.writeFileString(path.join(dataDir, "targets.json"), `${JSON.stringify([{ repo: repository }], null, 2)}\n`)

  const { runtime, why } = yield* chooseRuntime(options.runtime)
  const secret = randomUUID()
  const sandbox = yield* startGitHub(options.sandboxPort)
  const slack = yield* startSlack(options.slackPort)
  const model = yield* startModel(options.modelPort)
  const thinking = modelSettings(model.url)
  sandbox.addRepository(repository, exampleRepository)
  for (const login of ["ada", "you"]) sandbox.setPermission(repository, login, "admin")
  sandbox.addHook(repository, { url: `http://127.0.0.1:${options.port}/webhook`, secret })

  // NOTE: nothing else of the environment counts: settings of a real server must not leak into the demonstration.
  const config = ConfigProvider.layer(
    ConfigProvider.fromUnknown({
      ...engineSettings(),
      ...thinking.config,
      PORT: String(options.port),
      HOST: "127.0.0.1",
      PREVIEW_DOMAIN: "localhost",
      PREVIEW_RUNTIME: runtime,
      DATABASE_PATH: path.join(dataDir, "productbuilding.db"),
      WORKSPACE_DIR: path.join(dataDir, "workspaces"),
      TARGETS_CONFIG_PATH: path.join(dataDir, "targets.json"),
      GITHUB_API_URL: sandbox.url,
      GITHUB_TOKEN: "sandbox",
      GITHUB_WEBHOOK_SECRET: secret,
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: slack.app.botToken,
      SLACK_SIGNING_SECRET: slack.app.signingSecret,
      SLACK_USERS: slack
        .users()
        .filter(({ name }) => name === "ada" || name === "you")
        .map(({ id, name }) => `${name}=${id}`)
        .join(",")
    })
  )
  // NOTE: registered before the server, so that it runs after the server has stopped: what a deployment was about to
  // start when it was interrupted is found and removed as well.
  const running: { runtime?: Runtime["Service"] } = {}
  yield* Effect.addFinalizer(() => (running.runtime === undefined ? Effect.void : removeEverything(running.runtime)))
  const server = yield* Layer.build(Serve.layer.pipe(Layer.provide(config))).pipe(
    Effect.catchCause((cause) => {
      const error = Cause.squash(cause)
      return isAddressInUse(error)
        ? Effect.fail(portTaken(options.port, "the server", "--port"))
        : Effect.fail(
            new CommandFailure({ kind: "wrong", message: error instanceof Error ? error.message : String(error) })
          )
    })
  )
  running.runtime = Context.get(server, Runtime)
  yield* Effect.tryPromise({
    try: () => slack.setRequestUrl(`http://127.0.0.1:${options.port}/slack/events`),
    catch: (cause) =>
      new CommandFailure({ kind: "wrong", message: `The sandbox Slack cannot reach the server: ${String(cause)}` })
  })
  slack.setInteractivityUrl(`http://127.0.0.1:${options.port}/slack/interactions`)
  return yield* Effect.gen(function* () {
    const store = yield* PreviewStore
    const dashboard = `http://localhost:${options.port}/`
    yield* Console.log(`
${colors.bold("ProductBuilding")} is listening.
  server     ${dashboard}
  sandbox    ${sandbox.url} ${colors.dim("a GitHub on this machine")}
             ${slack.url} ${colors.dim("a Slack on this machine")}
             ${model.url} ${colors.dim(`a language model on this machine; the agent asks ${thinking.name}`)}
  previews   run with ${runtime} ${colors.dim(`(${why})`)}
`)
    const progress = yield* makeProgress
    const began = yield* DateTime.now
    const settled = yield* store.changes.pipe(
      Stream.filter(({ repository: of }) => of === repository),
      Stream.tap((preview) => Effect.forEach(progress(preview), (line) => Console.log(line))),
      Stream.takeUntil(({ operationId, state }) => operationId !== null && (state === "ready" || state === "failed")),
      Stream.runLast,
      Effect.forkChild({ startImmediately: true })
    )
    const pull = yield* openPullRequest(sandbox)
    yield* Console.log(`${repository}#${pull.number} “${pull.title}” was opened:`)
    const last = yield* Fiber.join(settled)
    if (last._tag === "Some" && last.value.state === "ready") {
      const total = DateTime.distance(began, yield* DateTime.now)
      yield* Console.log(`
${colors.good("Ready")} after ${took(total)}.
  dashboard  ${dashboard}
  preview    ${last.value.url}
  thread     ${slack.url} ${colors.dim("in Slack: reply to it, and it is a comment on the pull request")}
  agent      ${slack.url} ${colors.dim("write: @productbuilder create an issue “The cart is empty”")}
  log        ${dashboard}previews/${repository}/${pull.number}/logs?follow=true

Try, in another terminal:
  npm run pb -- preview list
  npm run pb -- preview show ${repository}#${pull.number}
  npm run pb -- sandbox pr push ${repository}#${pull.number} --file NOTES.md=README.md

Ctrl-C stops everything.`)
    } else {
      yield* Console.log(`\nThe deployment failed. The dashboard shows more: ${dashboard}\nCtrl-C stops everything.`)
    }
    return yield* Effect.never
  }).pipe(Effect.provideContext(server))
}, Effect.scoped)
