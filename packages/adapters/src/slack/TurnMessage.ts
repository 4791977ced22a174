/** How a turn of the agent looks in Slack: what it is doing, what it wants to do, and what it says in the end. Pure. */
import { type ApprovalEntry, type Asker, BudgetWords, type Turn, type TurnRecord } from "@productbuilding/agent"
import type { ActionsBlock, Button, ContextBlock, KnownBlock, PlanBlock, SectionBlock } from "@slack/web-api"
import { Duration } from "effect"
import { escapeText, maxButtonText, maxMessageText, maxSectionText, truncate } from "./MessageText.ts"
import { fromMarkdown } from "./Mrkdwn.ts"

/** `action_id`s of our buttons. The value of the first three is `{turn} {digest}`, of `stop` the turn, of `say` what to say. */
export const actionIds = {
  approve: "turn-approve",
  change: "turn-change",
  reject: "turn-reject",
  stop: "turn-stop",
  /** Followed by a number: ids are unique in a message. */
  say: "turn-say-"
} as const

export interface TurnMessage {
  /** For notifications and for readers of screens. */
  readonly text: string
  readonly blocks: Array<KnownBlock>
}

/** One text, as mrkdwn. */
export const section = (text: string): SectionBlock => ({
  type: "section",
  text: { type: "mrkdwn", text: text.slice(0, maxSectionText), verbatim: true }
})

const context = (text: string): ContextBlock => ({
  type: "context",
  elements: [{ type: "mrkdwn", text: text.slice(0, maxSectionText), verbatim: true }]
})

/** The last ones; what came before them is counted, so that a long turn stays short. */
const shownSteps = 20
const shownLines = 8

const marks = { running: ":hourglass_flowing_sand:", done: ":white_check_mark:", failed: ":warning:" } as const
const statuses = { running: "in_progress", done: "complete", failed: "error" } as const
const maxTaskTitle = 150

const shortened = (text: string): string =>
  text.length > maxTaskTitle ? `${text.slice(0, maxTaskTitle - 1).trimEnd()}…` : text

const steps = (count: number, kind = ""): string => `${count} ${kind}${count === 1 ? "step" : "steps"}`

/** What it has done so far, which Slack folds. https://docs.slack.dev/reference/block-kit/blocks/plan-block (read 2026-11-21) */
const planOf = ({ calls }: TurnRecord): PlanBlock => {
  const hidden = Math.max(0, calls.length - shownSteps)
  const earlier = { task_id: "earlier", title: `… and ${steps(hidden, "earlier ")}`, status: "complete" } as const
  const failed = calls.filter(({ state }) => state === "failed").length
  const shown = calls.slice(hidden).map(({ id, state, summary }) => ({
    task_id: id,
    title: shortened(summary),
    status: statuses[state]
  }))
  return {
    type: "plan",
    title: failed === 0 ? steps(calls.length) : `${steps(calls.length)}, of which ${failed} failed`,
    tasks: [...(hidden > 0 ? [earlier] : []), ...shown].map((task) => ({ type: "task_card" as const, ...task }))
  }
}

const linesOf = ({ calls }: TurnRecord): ContextBlock => {
  const without = (hidden: number): string => {
    const lines = calls.slice(hidden).map(({ state, summary }) => `${marks[state]} ${escapeText(shortened(summary))}`)
    return [...(hidden > 0 ? [`_… and ${steps(hidden, "earlier ")}_`] : []), ...lines].join("\n")
  }
  let hidden = Math.max(0, calls.length - shownLines)
  while (without(hidden).length > maxSectionText) hidden += 1
  return context(without(hidden))
}

const stepsOf = (record: TurnRecord, folded: boolean): Array<KnownBlock> => [
  ...(record.calls.length === 0 ? [] : [folded ? planOf(record) : linesOf(record)]),
  ...(record.warnings.size === 0
    ? []
    : [context(Array.from(record.warnings.values(), (words) => `:warning: ${escapeText(words)}`).join("\n"))])
]

const stopButton = (turn: Turn): ActionsBlock => ({
  type: "actions",
  elements: [{ type: "button", action_id: actionIds.stop, value: turn.id, text: { type: "plain_text", text: "Stop" } }]
})

/** As many sections as it takes: nobody may be asked to agree to what was cut off. Slack shows up to 50 blocks. */
export const sectionsOf = (lines: ReadonlyArray<string>): Array<SectionBlock> => {
  const texts: Array<string> = []
  for (const line of lines.map((one) => one.slice(0, maxSectionText))) {
    const joined = `${texts.at(-1) ?? ""}\n${line}`
    if (texts.length > 0 && joined.length <= maxSectionText) texts.splice(-1, 1, joined)
    else texts.push(line)
  }
  return texts.map(section)
}

/** What somebody is asked to agree to, and the words on the buttons. */
const asking = ({ budget, calls }: typeof ApprovalEntry.Type) => {
  if (budget !== undefined) {
    const lines = [BudgetWords.spentOf(budget), BudgetWords.moreOf(budget)].map(escapeText)
    return { question: "May I go on?", lines, yes: "Go on", no: "Stop here" }
  }
  const lines = calls.map(({ summary }, index) => `${index + 1}. ${escapeText(summary)}`)
  return calls.length === 1
    ? { question: "May I do this?", lines, yes: "Do it", no: "Cancel" }
    : { question: "May I do these?", lines, yes: "Do all of it", no: "Cancel" }
}

const proposal = (turn: Turn, { approval }: TurnRecord): Array<KnownBlock> => {
  if (approval === undefined) return []
  const { digest, expiresAtMs, permission } = approval.entry
  const { lines, no, question, yes } = asking(approval.entry)
  const at = Math.floor(expiresAtMs / 1000)
  const value = `${turn.id} ${digest}`
  const button = (action_id: string, text: string): Button => ({
    type: "button",
    action_id,
    value,
    text: { type: "plain_text", text }
  })
  return [
    ...sectionsOf([`:raised_hand: *${question}*`, ...lines]),
    {
      type: "actions",
      elements: [
        { ...button(actionIds.approve, yes), style: "primary" },
        ...(approval.entry.calls.length > 1 ? [button(actionIds.change, "Change …")] : []),
        button(actionIds.reject, no)
      ]
    },
    context(
      `Whoever has the permission ${permission} in the repository can decide, until <!date^${at}^{time}|it expires>. Mention me here to change it.`
    )
  ]
}

const endings: Readonly<Record<NonNullable<Turn["outcome"]>, string>> = {
  answered: ":speech_balloon: Answered",
  asked: ":question: Asked back",
  refused: ":no_entry_sign: Refused",
  failed: ":x: Failed",
  stopped: ":octagonal_sign: Stopped"
}

/** What the model is writing: the end of it, if it is long. Nobody is mentioned by what may yet become something else. */
const draftOf = (draft: string): Array<KnownBlock> => {
  if (draft === "") return []
  const text = fromMarkdown(draft, { mention: () => undefined })
  const shown = text.length > maxSectionText ? `… ${text.slice(2 - maxSectionText)}` : text
  return [section(shown)]
}

export interface TurnView {
  /** Whether its steps are a block that Slack folds; else lines of text. */
  readonly folded: boolean
  /** Markdown that the model is writing just now. Default: nothing. */
  readonly draft?: string
}

/** The turn's message in its thread, from the first sign to a line that says how it went. */
export const renderTurn = (turn: Turn, record: TurnRecord, { draft = "", folded }: TurnView): TurnMessage => {
  const done = stepsOf(record, folded)
  if (turn.state === "ended" && turn.outcome !== null) {
    const took = turn.endedAt === null ? 0 : turn.endedAt.epochMilliseconds - turn.createdAt.epochMilliseconds
    // NOTE: "done" is said only of what was done: a model may as well have been refused everything.
    const isDone =
      turn.outcome === "answered" && record.writes.length > 0 && !record.calls.some(({ state }) => state === "failed")
    const line = `${isDone ? ":white_check_mark: Done" : endings[turn.outcome]} in ${Duration.format(Duration.seconds(Math.max(1, Math.round(took / 1000))))}`
    return { text: line, blocks: [context(line), ...done] }
  }
  if (turn.state === "waiting") {
    return { text: "I need somebody's consent before I go on", blocks: [...done, ...proposal(turn, record)] }
  }
  const text =
    turn.state === "queued"
      ? "I come to this when I am through with what was asked before"
      : (record.doing ?? "Looking at it")
  return {
    text: `${text} …`,
    blocks: [section(`:hourglass_flowing_sand: ${text} …`), ...done, ...draftOf(draft), stopButton(turn)]
  }
}

/** What a turn says in the end: to whoever asked, who is mentioned, as an edited message tells nobody. */
export const renderAnswer = (options: {
  readonly asker: Asker
  /** The Slack user id of the asker, if they asked here. */
  readonly user: string | undefined
  readonly markdown: string
  readonly options: ReadonlyArray<string>
  readonly linkBase: string | undefined
  readonly mention: (login: string) => string | undefined
}): TurnMessage => {
  const { linkBase, markdown, mention, options: choices, user } = options
  const body = fromMarkdown(markdown, { mention, ...(linkBase === undefined ? {} : { linkBase }) })
  const head = user === undefined ? "" : `<@${user}> `
  const text = truncate(`${head}${body}`, maxMessageText, { url: linkBase ?? "", label: "more" })
  if (choices.length === 0) return { text, blocks: [] }
  return {
    text,
    blocks: [
      section(text),
      {
        type: "actions",
        elements: choices.slice(0, 25).map((choice, index) => ({
          type: "button",
          action_id: `${actionIds.say}${index}`,
          value: choice,
          text: { type: "plain_text", text: choice.slice(0, maxButtonText) }
        }))
      }
    ]
  }
}
