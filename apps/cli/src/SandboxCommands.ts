/** `productbuilding sandbox …` */
import type { SandboxClient, SandboxClientError } from "@productbuilding/sandbox"
import { Config, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { CommandFailure } from "./CommandFailure.ts"
import { between, json, load, run } from "./CommandParts.ts"

const sandboxUrl = Flag.String("sandbox-url").pipe(
  Flag.withMetavar("url"),
  Flag.withDescription("The sandbox (GITHUB_SANDBOX_URL, or port 8081)"),
  Flag.withFallbackConfig(Config.NonEmptyString("GITHUB_SANDBOX_URL")),
  Flag.withDefault("http://127.0.0.1:8081")
)

const failureOf = (url: string, error: SandboxClientError): CommandFailure => {
  switch (error._tag) {
    case "SandboxMissing":
      return new CommandFailure({
        kind: "notFound",
        message: `${error.message} \`productbuilding sandbox pr list owner/repo\` shows what the sandbox has.`
      })
    case "SandboxRefused":
      return new CommandFailure({ kind: "wrong", message: `The sandbox refused it: ${error.message}` })
    case "SandboxUnreachable":
      return new CommandFailure({
        kind: "unreachable",
        message: `No sandbox answers at ${url}. Start one with \`productbuilding sandbox serve\`, or name another with --sandbox-url or GITHUB_SANDBOX_URL.`
      })
  }
}

/** Runs a handler that talks to a sandbox. */
const play = <Module, A, R>(
  url: string,
  module: () => Promise<Module>,
  handle: (module: Module) => Effect.Effect<A, CommandFailure | SandboxClientError, R | SandboxClient>
) =>
  Effect.gen(function* () {
    const [client, handler] = yield* Effect.all(
      [load(() => import("@productbuilding/sandbox/SandboxClient")), load(module)],
      { concurrency: "unbounded" }
    )
    return yield* handle(handler).pipe(
      Effect.provide(client.SandboxClient.layer(url)),
      Effect.mapError((error) => (error._tag === "CommandFailure" ? error : failureOf(url, error)))
    )
  })

const pull = Argument.String("pull").pipe(Argument.withDescription("owner/repo#12"))
const repository = Argument.String("repository").pipe(Argument.withDescription("owner/repo"))
const change = {
  file: Flag.KeyValuePair("file").pipe(
    Flag.withDescription("path=local: write a file of this machine; may be repeated"),
    Flag.optional
  ),
  delete: Flag.String("delete").pipe(
    Flag.withDescription("Delete a path; may be repeated"),
    Flag.atLeast(0),
    Flag.withDefault([])
  )
}

const pulls = () => import("./commands/SandboxPulls.ts")
const webhooks = () => import("./commands/SandboxWebhooks.ts")

const changeState = (action: "close" | "merge" | "reopen", description: string) =>
  Command.make(action, { pull, sandboxUrl }, (input) =>
    play(input.sandboxUrl, pulls, ({ sandboxChangeState }) => sandboxChangeState({ pull: input.pull, action }))
  ).pipe(Command.withDescription(description))

export const sandboxCommand = Command.make("sandbox").pipe(
  Command.withDescription("Play GitHub and a language model on this machine"),
  Command.withSubcommands([
    Command.make(
      "serve",
      {
        port: Flag.Int("port").pipe(
          Flag.withDescription("Where to listen (8081)"),
          Flag.withSchema(between(1, 65_535)),
          Flag.withDefault(8081)
        ),
        modelPort: Flag.Int("model-port").pipe(
          Flag.withDescription("Serve a language model there as well"),
          Flag.withSchema(between(1, 65_535)),
          Flag.optional
        ),
        repo: Flag.KeyValuePair("repo").pipe(
          Flag.withDescription("owner/name=folder; may be repeated (an example shop)"),
          Flag.optional
        ),
        webhook: Flag.String("webhook").pipe(Flag.withDescription("Where webhooks go"), Flag.optional),
        secret: Flag.Redacted("secret").pipe(
          Flag.withDescription("What signs them (GITHUB_WEBHOOK_SECRET)"),
          Flag.withFallbackConfig(Config.Redacted("GITHUB_WEBHOOK_SECRET")),
          Flag.optional
        )
      },
      (input) =>
        run(
          () => import("./commands/SandboxServe.ts"),
          ({ sandboxServe }) => sandboxServe(input)
        )
    ).pipe(Command.withDescription("Serve a GitHub made of folders, and a model, until Ctrl-C")),
    Command.make("pr").pipe(
      Command.withDescription("Open, push to, close and list pull requests"),
      Command.withSubcommands([
        Command.make("list", { repository, json, sandboxUrl }, (input) =>
          play(input.sandboxUrl, pulls, ({ sandboxPulls }) => sandboxPulls(input))
        ).pipe(Command.withAlias("ls"), Command.withDescription("List pull requests")),
        Command.make(
          "open",
          {
            repository,
            title: Flag.String("title").pipe(Flag.withDescription("Its title"), Flag.withDefault("A change")),
            author: Flag.String("author").pipe(Flag.withDescription("Who opens it"), Flag.withDefault("octocat")),
            branch: Flag.String("branch").pipe(Flag.withDescription("The head's branch"), Flag.optional),
            fork: Flag.String("fork").pipe(Flag.withDescription("owner/repo of the fork it comes from"), Flag.optional),
            ...change,
            sandboxUrl
          },
          (input) => play(input.sandboxUrl, pulls, ({ sandboxOpen }) => sandboxOpen(input))
        ).pipe(Command.withDescription("Open a pull request")),
        Command.make("push", { pull, ...change, sandboxUrl }, (input) =>
          play(input.sandboxUrl, pulls, ({ sandboxPush }) => sandboxPush(input))
        ).pipe(Command.withDescription("Push a commit")),
        changeState("close", "Close without merging"),
        changeState("merge", "Merge"),
        changeState("reopen", "Reopen")
      ])
    ),
    Command.make("comments", { pull, json, sandboxUrl }, (input) =>
      play(input.sandboxUrl, pulls, ({ sandboxComments }) => sandboxComments(input))
    ).pipe(Command.withDescription("Print the comments of a pull request")),
    Command.make(
      "redeliver",
      {
        repository,
        id: Argument.Int("id").pipe(
          Argument.withDescription("Which one; without it they are listed"),
          Argument.optional
        ),
        json,
        sandboxUrl
      },
      (input) => play(input.sandboxUrl, webhooks, ({ sandboxRedeliver }) => sandboxRedeliver(input))
    ).pipe(Command.withDescription("Send a webhook again, under the same GUID")),
    Command.make(
      "fault",
      {
        kind: Argument.Literals("kind", ["status", "hang", "drop", "lost-answer"]).pipe(
          Argument.withDescription("What goes wrong")
        ),
        path: Flag.String("path").pipe(
          Flag.withDescription("A regular expression over the path (every one)"),
          Flag.withDefault(".*")
        ),
        method: Flag.String("method").pipe(Flag.withDescription("Only for this method"), Flag.optional),
        times: Flag.Int("times").pipe(
          Flag.withDescription("For how many requests (1)"),
          Flag.withSchema(between(1, 100_000)),
          Flag.withDefault(1)
        ),
        status: Flag.Int("status").pipe(
          Flag.withDescription("With status: which one (500)"),
          Flag.withSchema(between(400, 599)),
          Flag.withDefault(500)
        ),
        retryAfter: Flag.Int("retry-after").pipe(
          Flag.withDescription("With status: seconds to wait"),
          Flag.withSchema(between(0, 86_400)),
          Flag.optional
        ),
        sandboxUrl
      },
      (input) => play(input.sandboxUrl, webhooks, ({ sandboxFault }) => sandboxFault(input))
    ).pipe(Command.withDescription("Let the API fail, hang or break off for the next requests"))
  ])
)
