/** `productbuilding preview …` */
import { Argument, Command, Flag } from "effect/cli"
import { ask, between, flag, json, run, wait } from "./CommandParts.ts"

const preview = Argument.String("preview").pipe(
  Argument.withDescription("owner/repo#12, or the pull request's address")
)

const checkout = Argument.String("path").pipe(
  Argument.withDescription("The root of a checkout"),
  Argument.withDefault(".")
)

export const previewCommand = Command.make("preview").pipe(
  Command.withDescription("See, redeploy and remove previews; check a repository's files"),
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
