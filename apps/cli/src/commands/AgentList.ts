/** `agent list` */
import { ConversationId } from "@productbuilding/agent/Conversation"
import { costOf, count, turnMs, turnWords } from "@productbuilding/server/pages/TurnSteps"
import { ago, duration } from "@productbuilding/server/pages/Words"
import { TurnSummary } from "@productbuilding/server/TurnReport"
import { Clock, Effect, Option, Schema } from "effect"
import { TerminalCapabilities } from "effect/cli"
import { hint, inTone, printJson, printTable } from "../Output.ts"
import { Server } from "../Server.ts"
import { shortTurnId } from "../TurnReference.ts"

const Turns = Schema.Array(TurnSummary)
const encodeTurns = Schema.encodeSync(Turns)

/** Shows who asked what, what came of it, and what it cost. */
export const agentList = Effect.fnUntraced(function* (options: {
  readonly limit: number
  readonly conversation: Option.Option<string>
  readonly json: boolean
}) {
  const server = yield* Server
  const conversation = Option.map(options.conversation, (text) => ConversationId.make(text))
  const turns = yield* server.call((api) =>
    api.agent.turns({
      query: {
        limit: options.limit,
        ...(Option.isNone(conversation) ? {} : { conversation: conversation.value })
      }
    })
  )
  if (options.json) return yield* printJson(Turns, turns)
  if (turns.length === 0) {
    return yield* hint("Nobody has asked anything yet. Mention the bot in Slack: `@productbuilding what is open?`")
  }
  const now = yield* Clock.currentTimeMillis
  const { canAnimate } = yield* TerminalCapabilities.TerminalCapabilities
  const rows = encodeTurns(turns)
  yield* printTable<(typeof rows)[number]>(
    (colors) => [
      { title: "ID", text: ({ turn }) => (canAnimate ? shortTurnId(turn.id) : turn.id) },
      { title: "ASKED", text: ({ turn }) => ago(turn.createdAt, now) },
      { title: "BY", text: ({ turn }) => turn.asker.name, shrinkTo: 8 },
      {
        title: "OUTCOME",
        text: ({ turn }) => turnWords(turn).word.toLowerCase(),
        color: (text, { turn }) => inTone(colors, turnWords(turn).tone, text)
      },
      { title: "TOOK", text: ({ turn }) => duration(turnMs(turn, now)), optional: true },
      { title: "TOKENS", text: ({ sums }) => count(sums.inputTokens + sums.outputTokens), optional: true },
      { title: "COST", text: ({ sums }) => costOf(sums), shrinkTo: 8 },
      { title: "WHAT", text: ({ turn }) => turn.text, shrinkTo: 16 }
    ],
    rows
  )
  const [newest] = turns
  if (newest !== undefined) {
    yield* hint(`\n\`productbuilding agent show ${shortTurnId(newest.turn.id)}\` shows one step by step.`)
  }
})
