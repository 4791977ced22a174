/** `productbuilding callbacks …` */
import { Argument, Command } from "effect/cli"
import { ask, json } from "./CommandParts.ts"

export const callbacksCommand = Command.make("callbacks").pipe(
  Command.withDescription("See who is sent the events"),
  Command.withSubcommands([
    Command.make("list", { json }, (input) =>
      ask(
        () => import("./commands/CallbacksList.ts"),
        ({ callbacksList }) => callbacksList(input)
      )
    ).pipe(Command.withAlias("ls"), Command.withDescription("List endpoints, and which are disabled")),
    Command.make(
      "enable",
      { name: Argument.String("name").pipe(Argument.withDescription("An endpoint's name, as listed")), json },
      (input) =>
        ask(
          () => import("./commands/CallbacksEnable.ts"),
          ({ callbacksEnable }) => callbacksEnable(input)
        )
    ).pipe(Command.withDescription("Send again to one that answered 410 Gone"))
  ])
)
