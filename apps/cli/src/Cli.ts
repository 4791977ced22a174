/** The command line: what can be asked, not how it is answered. Each handler is loaded when it is called. */
import { Effect, Option, Schema, type Scope } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { NoColor, Token, Url } from "./Globals.ts"
import type { Server } from "./Server.ts"

/** Loads a module at its first use. A module of our own that cannot be loaded is a broken installation. */
const load = <Module>(module: () => Promise<Module>) => Effect.promise(module)

/** Runs a handler of another module. */
const run = <Module, A, E, R>(module: () => Promise<Module>, handle: (module: Module) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(load(module), handle)

/** Runs a handler that talks to the server. */
const ask = <Module, A, E, R>(
  module: () => Promise<Module>,
  handle: (module: Module) => Effect.Effect<A, E, R | Server | Scope.Scope>
) =>
  Effect.gen(function* () {
    const [{ layer }, handler] = yield* Effect.all([load(() => import("./Server.ts")), load(module)], {
      concurrency: "unbounded"
    })
    return yield* Effect.scoped(Effect.provide(handle(handler), layer))
  })

const json = Flag.Boolean("json").pipe(
  Flag.withoutNegation,
  Flag.withDescription("Print JSON"),
  Flag.withDefault(false)
)

const flag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDescription(description), Flag.withDefault(false))

const between = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }, { expected: `a number from ${minimum} to ${maximum}` }))

const wait = flag("wait", "Show the progress, and end when it has ended")

const preview = Argument.String("preview").pipe(
  Argument.withDescription("owner/repo#12, or the pull request's address")
)

const checkout = Argument.String("path").pipe(
  Argument.withDescription("The root of a checkout"),
  Argument.withDefault(".")
)

const previewCommand = Command.make("preview").pipe(
  Command.withDescription("See, start over and remove previews, and check a repository's files"),
  Command.withSubcommands([
    Command.make("list", { all: flag("all", "Also those that were removed"), json }, (input) =>
      ask(
        () => import("./commands/PreviewList.ts"),
        ({ previewList }) => previewList(input)
      )
    ).pipe(Command.withAlias("ls"), Command.withDescription("List previews, the last change first")),
    Command.make("show", { preview, json }, (input) =>
      ask(
        () => import("./commands/PreviewShow.ts"),
        ({ previewShow }) => previewShow(input)
      )
    ).pipe(
      Command.withDescription("Show one preview: its state, its stages, and why it failed"),
      Command.withExamples([{ command: "productbuilding preview show acme/shop#12" }])
    ),
    Command.make(
      "logs",
      {
        preview,
        tail: Flag.Int("tail").pipe(
          Flag.withDescription("How many lines of the past (100)"),
          Flag.withSchema(between(0, 10_000)),
          Flag.withDefault(100)
        ),
        follow: flag("follow", "Go on with what comes").pipe(Flag.withAlias("f")),
        service: Flag.String("service").pipe(
          Flag.withDescription("Another service than the one that the contract names"),
          Flag.optional
        )
      },
      (input) =>
        ask(
          () => import("./commands/PreviewLogs.ts"),
          ({ previewLogs }) => previewLogs(input)
        )
    ).pipe(Command.withDescription("Print what a preview prints")),
    Command.make("redeploy", { preview, wait }, (input) =>
      ask(
        () => import("./commands/PreviewRedeploy.ts"),
        ({ previewRedeploy }) => previewRedeploy(input)
      )
    ).pipe(Command.withDescription("Deploy the head of a pull request again")),
    Command.make(
      "approve",
      {
        preview,
        sha: Flag.String("sha").pipe(Flag.withDescription("The full id of the commit that you have read")),
        wait
      },
      (input) =>
        ask(
          () => import("./commands/PreviewRedeploy.ts"),
          ({ previewApprove }) => previewApprove(input)
        )
    ).pipe(Command.withDescription("Let one commit of a fork run on the server's machine")),
    Command.make("rm", { preview, yes: flag("yes", "Do not ask").pipe(Flag.withAlias("y")), wait }, (input) =>
      ask(
        () => import("./commands/PreviewRemove.ts"),
        ({ previewRemove }) => previewRemove(input)
      )
    ).pipe(Command.withDescription("Remove a preview's containers, networks, volumes and images")),
    Command.make("lint", { path: checkout, json }, (input) =>
      run(
        () => import("./commands/PreviewLint.ts"),
        ({ previewLint }) => previewLint(input)
      )
    ).pipe(Command.withDescription("Check a checkout's contract and compose file")),
    Command.make(
      "render",
      {
        path: checkout,
        pr: Flag.Int("pr").pipe(
          Flag.withDescription("The pull request's number (1)"),
          Flag.withSchema(between(1, 1_000_000_000)),
          Flag.withDefault(1)
        ),
        json
      },
      (input) =>
        run(
          () => import("./commands/PreviewRender.ts"),
          ({ previewRender }) => previewRender(input)
        )
    ).pipe(Command.withDescription("Print the compose file as it would be run"))
  ])
)

const deliveriesCommand = Command.make("deliveries").pipe(
  Command.withDescription("See what came in and what was decided"),
  Command.withSubcommands([
    Command.make(
      "list",
      {
        limit: Flag.Int("limit").pipe(
          Flag.withDescription("How many, at most 500 (20)"),
          Flag.withSchema(between(1, 500)),
          Flag.withDefault(20)
        ),
        json
      },
      (input) =>
        ask(
          () => import("./commands/DeliveriesList.ts"),
          ({ deliveriesList }) => deliveriesList(input)
        )
    ).pipe(Command.withAlias("ls"), Command.withDescription("List deliveries, the newest first")),
    Command.make(
      "replay",
      { id: Argument.String("id").pipe(Argument.withDescription("A delivery's id, or its beginning")), json },
      (input) =>
        ask(
          () => import("./commands/DeliveriesReplay.ts"),
          ({ deliveriesReplay }) => deliveriesReplay(input)
        )
    ).pipe(Command.withDescription("Handle a stored delivery again"))
  ])
)

const port = (name: string, description: string, fallback: number) =>
  Flag.Int(name).pipe(
    Flag.withDescription(description),
    Flag.withSchema(between(1, 65_535)),
    Flag.withDefault(fallback)
  )

const startCommand = Command.make(
  "start",
  {
    port: port("port", "Where the server listens (8080)", 8080),
    sandboxPort: port("sandbox-port", "Where the sandbox GitHub listens (8081)", 8081),
    runtime: Flag.Literals("runtime", ["auto", "docker", "process"]).pipe(
      Flag.withDescription("How previews run: with Docker where it answers, else as processes (auto)"),
      Flag.withDefault("auto" as const)
    ),
    dataDir: Flag.String("data-dir").pipe(
      Flag.withDescription("Where the database and sources lie (data/start)"),
      Flag.withDefault("data/start")
    )
  },
  (input) =>
    run(
      () => import("./start.ts"),
      ({ start }) => start(input)
    )
).pipe(Command.withDescription("Run everything on this machine, offline, with an example pull request"))

const serveCommand = Command.make(
  "serve",
  {
    port: Flag.Int("port").pipe(
      Flag.withDescription("Where to listen, in place of PORT"),
      Flag.withSchema(between(1, 65_535)),
      Flag.optional
    )
  },
  ({ port }) =>
    run(
      () => import("./serve.ts"),
      ({ serve }) => serve({ port: Option.getOrUndefined(port) })
    )
).pipe(Command.withDescription("Run the server, configured by the environment"))

/** The whole command line. */
export const cli = Command.make("productbuilding").pipe(
  Command.withDescription(
    `Live previews of pull requests.

  It ends with 0 when done, 1 when what was asked about failed or is wrong,
  2 for a wrong command line, 3 when no server answers, 4 when there is no such
  thing, and 5 when the server denies it.`
  ),
  Command.withSubcommands([startCommand, serveCommand, previewCommand, deliveriesCommand]),
  Command.withGlobalFlags([Url, Token, NoColor])
)
