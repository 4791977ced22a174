/** `agent show` */
import { costOf, count, type TurnStep, turnMs, turnSteps, turnWords } from "@productbuilding/server/pages/TurnSteps"
import { ago, duration } from "@productbuilding/server/pages/Words"
import { TurnDetail } from "@productbuilding/server/TurnReport"
import { Clock, Console, Effect, Schema } from "effect"
import { saidWrong } from "../CommandFailure.ts"
import { cut, harmless, hint, inTone, lineWidth, oneLine, type Palette, palette, printJson, wrap } from "../Output.ts"
import { Server } from "../Server.ts"
import { findTurnId, shortTurnId } from "../TurnReference.ts"

type Whole = typeof TurnDetail.Encoded

const encodeDetail = Schema.encodeSync(TurnDetail)

const whenWidth = 9
const whoWidth = 9
const indent = " ".repeat(whenWidth + whoWidth + 3)

/** Where no person reads along, folded text is cut as well: `--full` is there for the whole. */
const foldedWidth = 160

const stepLines = (
  step: TurnStep,
  beginMs: number,
  options: { readonly colors: Palette; readonly width: number; readonly full: boolean }
): ReadonlyArray<string> => {
  const { colors, full, width } = options
  const room = width - indent.length
  const [first = "", ...rest] = wrap(oneLine(step.title), room)
  const when = duration(step.atMs - beginMs).padStart(whenWidth)
  const who = cut(oneLine(step.who), whoWidth).padEnd(whoWidth)
  const folded = step.folded.flatMap(({ name, text }) =>
    full
      ? [
          colors.dim(`${name}:`),
          ...harmless(text)
            .split("\n")
            .map((line) => `  ${line}`)
        ]
      : [colors.dim(cut(`${name}: ${oneLine(text)}`, Math.min(room, foldedWidth)))]
  )
  const under = [
    ...rest,
    ...(step.facts.length === 0 ? [] : wrap(oneLine(step.facts.join(" · ")), room).map(colors.dim)),
    ...(step.link === null ? [] : [oneLine(step.link)]),
    ...folded
  ]
  return [`${colors.dim(when)}  ${inTone(colors, step.tone, who)} ${first}`, ...under.map((line) => indent + line)]
}

const heading = ({ turn }: Whole, now: number, colors: Palette): ReadonlyArray<string> => {
  const { tone, word } = turnWords(turn)
  const login = turn.asker.login === null ? "no account on the code host" : `${turn.asker.login} on the code host`
  const facts: ReadonlyArray<readonly [string, string]> = [
    ["Turn", turn.id],
    ["Asked by", `${turn.asker.name} (${login})${turn.asker.guest ? ", a guest" : ""}, ${ago(turn.createdAt, now)}`],
    ["In", turn.conversation],
    ["Repository", turn.repository ?? ""],
    ["About", turn.about ?? ""],
    ["Took", `${duration(turnMs(turn, now))}${turn.state === "ended" ? "" : " so far"}`]
  ]
  return [
    `${inTone(colors, tone, colors.bold(word))}  ${oneLine(turn.text)}`,
    "",
    ...facts
      .filter(([, value]) => value !== "")
      .map(([name, value]) => `${colors.dim(name.padEnd(12))}${oneLine(value)}`)
  ]
}

const plural = (value: number, one: string) => `${count(value)} ${one}${value === 1 ? "" : "s"}`

const footing = ({ chain, entries, resources, sums }: Whole, colors: Palette): ReadonlyArray<string> => [
  `${colors.dim("Used".padEnd(12))}${plural(sums.modelCalls, "model call")}, ${plural(sums.toolCalls, "tool call")}, ${plural(sums.inputTokens + sums.outputTokens, "token")}: ${costOf(sums)}`,
  ...resources.map(
    ({ externalId, kind, ownerKey, state, subject }) =>
      colors.dim("Made".padEnd(12)) +
      oneLine(`${kind} ${externalId ?? ownerKey} in ${subject}${state === "live" ? "" : `, ${state}`}`)
  ),
  chain.whole
    ? `${colors.dim("Record".padEnd(12))}${colors.good("whole")}: ${count(entries.length)} entries, each bound to the one before by its hash`
    : `${colors.dim("Record".padEnd(12))}${colors.bad(`broken at entry ${chain.brokenAt ?? 0}`)}: it is not as it was written`
]

/** Shows who asked, what was done and decided, and what it cost. Ends with 1 where the record is not whole. */
export const agentShow = Effect.fnUntraced(function* (options: {
  readonly id: string
  readonly full: boolean
  readonly json: boolean
}) {
  const server = yield* Server
  const id = yield* findTurnId(options.id)
  const detail = yield* server.call((api) => api.agent.turn({ params: { id }, query: {} }))
  if (options.json) {
    yield* printJson(TurnDetail, detail)
  } else {
    const colors = yield* palette
    const width = yield* lineWidth
    const now = yield* Clock.currentTimeMillis
    const whole = encodeDetail(detail)
    const steps = turnSteps(whole).flatMap((step) =>
      stepLines(step, whole.turn.createdAt, { colors, width, full: options.full })
    )
    yield* Console.log([...heading(whole, now, colors), "", ...steps, "", ...footing(whole, colors)].join("\n"))
    const next =
      detail.turn.state === "ended"
        ? options.full
          ? `\`productbuilding agent replay ${shortTurnId(id)}\` decides it again.`
          : `\`--full\` shows everything; \`productbuilding agent replay ${shortTurnId(id)}\` decides it again.`
        : `\`productbuilding agent stop ${shortTurnId(id)}\` stops it.`
    yield* hint(`\n${next}`)
  }
  if (!detail.chain.whole) return yield* saidWrong
})
