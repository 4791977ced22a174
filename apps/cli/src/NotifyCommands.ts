/** `productbuilding notify …` */
import { Command, Flag } from "effect/cli"
import { ask, json } from "./CommandParts.ts"

export const notifyCommand = Command.make("notify").pipe(
  Command.withDescription("See what people are told"),
  Command.withSubcommands([
    Command.make(
      "preview",
      {
        policy: Flag.String("policy").pipe(
          Flag.withMetavar("file"),
          Flag.withDescription("JSON, as under notifications in the targets file")
        ),
        since: Flag.String("since").pipe(
          Flag.withMetavar("time"),
          Flag.withDescription("How far back: 90m, 12h, 7d, 2w (7d)"),
          Flag.withDefault("7d")
        ),
        project: Flag.String("project").pipe(
          Flag.withMetavar("owner/name"),
          Flag.withDescription("One project only"),
          Flag.optional
        ),
        json
      },
      (input) =>
        ask(
          () => import("./commands/NotifyPreview.ts"),
          ({ notifyPreview }) => notifyPreview(input)
        )
    ).pipe(
      Command.withDescription("Show what would have been told under another policy"),
      Command.withExamples([{ command: "productbuilding notify preview --policy quiet.json" }])
    )
  ])
)
