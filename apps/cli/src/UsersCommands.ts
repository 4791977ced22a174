/** `productbuilding users …` */
import { AccountLogin, ChatUserId } from "@productbuilding/core"
import { Argument, Command } from "effect/cli"
import { ask, json } from "./CommandParts.ts"

const user = Argument.String("slack-id").pipe(
  Argument.withDescription("A member id of Slack, for example U012ABC"),
  Argument.withSchema(ChatUserId)
)

export const usersCommand = Command.make("users").pipe(
  Command.withDescription("Say who on GitHub is who in Slack"),
  Command.withSubcommands([
    Command.make("list", { json }, (input) =>
      ask(
        () => import("./commands/Users.ts"),
        ({ usersList }) => usersList(input)
      )
    ).pipe(Command.withAlias("ls"), Command.withDescription("List who is linked")),
    Command.make(
      "link",
      {
        user,
        login: Argument.String("github-login").pipe(
          Argument.withDescription("A login of GitHub, for example ada"),
          Argument.withSchema(AccountLogin)
        ),
        json
      },
      (input) =>
        ask(
          () => import("./commands/Users.ts"),
          ({ usersLink }) => usersLink(input)
        )
    ).pipe(Command.withDescription("Link somebody; a former link of either name ends")),
    Command.make("unlink", { user }, (input) =>
      ask(
        () => import("./commands/Users.ts"),
        ({ usersUnlink }) => usersUnlink(input)
      )
    ).pipe(Command.withDescription("End somebody's link"))
  ])
)
