/** `productbuilding agent …` */
import { Argument, Command, Flag } from "effect/cli"
import { ask, between, flag, json } from "./CommandParts.ts"

const id = Argument.String("id").pipe(Argument.withDescription("A turn's id, or its end"))

export const agentCommand = Command.make("agent").pipe(
  Command.withDescription("See what the agent did, by whose consent, and what it cost"),
  Command.withSubcommands([
    Command.make(
      "list",
      {
        limit: Flag.Int("limit").pipe(
          Flag.withDescription("How many, at most 200 (20)"),
          Flag.withSchema(between(1, 200)),
          Flag.withDefault(20)
        ),
        conversation: Flag.String("conversation").pipe(
          Flag.withDescription("Only of this one, for example acme/shop#12"),
          Flag.optional
        ),
        json
      },
      (input) =>
        ask(
          () => import("./commands/AgentList.ts"),
          ({ agentList }) => agentList(input)
        )
    ).pipe(Command.withAlias("ls"), Command.withDescription("List turns, the newest first")),
    Command.make("show", { id, full: flag("full", "Arguments, results and answers whole"), json }, (input) =>
      ask(
        () => import("./commands/AgentShow.ts"),
        ({ agentShow }) => agentShow(input)
      )
    ).pipe(Command.withDescription("Show one turn step by step, and whether its record is whole")),
    Command.make(
      "replay",
      {
        record: Argument.String("record").pipe(
          Argument.withDescription("A turn's id, its end, or a file of `show --json`")
        ),
        json
      },
      (input) =>
        ask(
          () => import("./commands/AgentReplay.ts"),
          ({ agentReplay }) => agentReplay(input)
        )
    ).pipe(Command.withDescription("Decide a turn again from its record, without a network")),
    Command.make("stop", { id, json }, (input) =>
      ask(
        () => import("./commands/AgentStop.ts"),
        ({ agentStop }) => agentStop(input)
      )
    ).pipe(Command.withDescription("Stop a turn; nothing is written after it")),
    Command.make("budget", { json }, (input) =>
      ask(
        () => import("./commands/AgentBudget.ts"),
        ({ agentBudget }) => agentBudget(input)
      )
    ).pipe(Command.withDescription("Show what is spent of today's budgets"))
  ])
)
