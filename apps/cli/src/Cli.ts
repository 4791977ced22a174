/** The command line: what can be asked, not how it is answered. Each handler is loaded when it is called. */
import { Option } from "effect"
import { Command, Flag } from "effect/cli"
import { agentCommand } from "./AgentCommands.ts"
import { callbacksCommand } from "./CallbacksCommands.ts"
import { ask, between, json, run } from "./CommandParts.ts"
import { deliveriesCommand } from "./DeliveriesCommands.ts"
import { NoColor, Token, Url } from "./Globals.ts"
import { notifyCommand } from "./NotifyCommands.ts"
import { previewCommand } from "./PreviewCommands.ts"
import { sandboxCommand } from "./SandboxCommands.ts"
import { usersCommand } from "./UsersCommands.ts"

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
    slackPort: port("slack-port", "Where the sandbox Slack listens (8082)", 8082),
    modelPort: port("model-port", "Where the sandbox model listens (8083)", 8083),
    runtime: Flag.Literals("runtime", ["auto", "docker", "process"]).pipe(
      Flag.withDescription("auto: Docker if it answers, else processes"),
      Flag.withDefault("auto" as const)
    ),
    dataDir: Flag.String("data-dir").pipe(
      Flag.withDescription("Where its files lie (data/start)"),
      Flag.withDefault("data/start")
    )
  },
  (input) =>
    run(
      () => import("./start.ts"),
      ({ start }) => start(input)
    )
).pipe(Command.withDescription("Try everything on this machine, offline"))

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

const outboxCommand = Command.make(
  "outbox",
  {
    limit: Flag.Int("limit").pipe(
      Flag.withDescription("How many of each sink, at most 500 (20)"),
      Flag.withSchema(between(1, 500)),
      Flag.withDefault(20)
    ),
    json
  },
  (input) =>
    ask(
      () => import("./commands/Outbox.ts"),
      ({ outbox }) => outbox(input)
    )
).pipe(Command.withDescription("See what waits to be told, what failed, and why"))

const mcpCommand = Command.make("mcp", {}, () =>
  ask(
    () => import("./commands/Mcp.ts"),
    ({ mcp }) => mcp
  )
).pipe(
  Command.withDescription("Give a coding agent the previews: MCP on stdin and stdout"),
  Command.withExamples([{ command: "productbuilding mcp --url https://previews.acme.dev" }])
)

const doctorCommand = Command.make("doctor", { json }, (input) =>
  run(
    () => import("./commands/Doctor.ts"),
    ({ doctor }) => doctor(input)
  )
).pipe(Command.withDescription("Check this machine and the server's settings, and say what to do"))

/** The whole command line. */
export const cli = Command.make("productbuilding").pipe(
  Command.withDescription(
    `Live previews of pull requests.

  It ends with 0 when done, 1 when what was asked about failed or is wrong,
  2 for a wrong command line, 3 when no server answers, 4 when there is no such
  thing, and 5 when the server denies it.`
  ),
  Command.withSubcommands([
    startCommand,
    serveCommand,
    previewCommand,
    deliveriesCommand,
    notifyCommand,
    outboxCommand,
    usersCommand,
    callbacksCommand,
    agentCommand,
    mcpCommand,
    doctorCommand,
    sandboxCommand
  ]),
  Command.withGlobalFlags([Url, Token, NoColor])
)
