/** `productbuilding deliveries …` */
import { Argument, Command, Flag } from "effect/cli"
import { ask, between, json } from "./CommandParts.ts"

export const deliveriesCommand = Command.make("deliveries").pipe(
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
