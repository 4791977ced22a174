/** The modal in which somebody changes a plan before they agree to it, and what it brings back. Pure. */
import { type ApprovalEntry, TurnId } from "@productbuilding/agent"
import type { Checkboxes, InputBlock, ModalView, PlainTextElement, PlainTextOption } from "@slack/web-api"
import { Array as Arr, Option, Schema } from "effect"
import { escapeText } from "./MessageText.ts"
import { section, sectionsOf } from "./TurnMessage.ts"

type Plan = typeof ApprovalEntry.Type

/** Which modal of ours it is. */
const callbackId = "turn-change"

/** `action_id`s, which are `block_id`s as well. */
const stepsPrefix = "steps-"
const wordsId = "words"

/** https://docs.slack.dev/reference/block-kit/block-elements/checkboxes-element (read 2026-11-21) */
const maxOptions = 10

/** Of an option's text. https://docs.slack.dev/reference/block-kit/composition-objects/option-object (read 2026-11-21) */
const maxOptionText = 75

/** What Slack takes of a text at most. https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element (read 2026-11-21) */
const maxWords = 3000

/** What the modal carries along. Slack gives it back as it was; what somebody may do is never taken from it. */
const Carried = Schema.fromJsonString(
  Schema.Struct({
    turn: TurnId,
    digest: Schema.String,
    /** Whether another organisation reads along where it was opened: it can take permissions away, and gives none. */
    shared: Schema.Boolean
  })
)
const encodeCarried = Schema.encodeSync(Carried)
const decodeCarried = Schema.decodeUnknownOption(Carried)

const plain = (text: string): PlainTextElement => ({ type: "plain_text", text, emoji: false })

/** At most so long, and never half of a character. */
const head = (text: string, most: number): string => text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "")

const numbered = ({ calls }: Plan): ReadonlyArray<{ readonly id: string; readonly line: string }> =>
  calls.map(({ id, summary }, index) => ({ id, line: `${index + 1}. ${summary.replace(/\s+/g, " ")}` }))

const fits = ({ line }: { readonly line: string }): boolean => line.length <= maxOptionText

const optionOf = ({ id, line }: { readonly id: string; readonly line: string }): PlainTextOption => ({
  text: plain(fits({ line }) ? line : `${head(line, maxOptionText - 1).trimEnd()}…`),
  value: id
})

const optional = (label: string, id: string, element: InputBlock["element"], hint?: string): InputBlock => ({
  type: "input",
  block_id: id,
  label: plain(label),
  optional: true,
  element,
  ...(hint === undefined ? {} : { hint: plain(hint) })
})

/** Every step, ticked, and room for words. `shared`: whether another organisation reads along where it is opened. */
export const planModal = (turn: TurnId, plan: Plan, { shared }: { readonly shared: boolean }): ModalView => {
  const steps = numbered(plan)
  const groups = Arr.chunksOf(steps, maxOptions).map((group, index) => {
    const options = group.map(optionOf)
    const id = `${stepsPrefix}${index}`
    const from = index * maxOptions + 1
    const label =
      steps.length <= maxOptions ? "Steps" : `Steps ${from} to ${Math.min(from + maxOptions - 1, steps.length)}`
    const element: Checkboxes = { type: "checkboxes", action_id: id, options, initial_options: options }
    return optional(label, id, element)
  })
  // NOTE: nobody may be asked to agree to what was cut off.
  const whole = sectionsOf(steps.flatMap((step) => (fits(step) ? [] : [escapeText(step.line)])))
  return {
    type: "modal",
    callback_id: callbackId,
    private_metadata: encodeCarried({ turn, digest: plan.digest, shared }),
    title: plain("Change the plan"),
    submit: plain("Do these"),
    close: plain("Back"),
    blocks: [
      section("*Do these* does the steps that are ticked, and no others."),
      ...whole,
      ...groups,
      optional(
        "What should be different?",
        wordsId,
        { type: "plain_text_input", action_id: wordsId, multiline: true, max_length: maxWords },
        "If you write something here, nothing is done yet: I make another plan and ask again."
      )
    ]
  }
}

/** What somebody sent with the modal. */
export interface PlanChange {
  readonly turn: TurnId
  readonly digest: string
  readonly shared: boolean
  readonly team: string
  readonly user: string
  /** Ids of the steps that are ticked. */
  readonly ticked: ReadonlySet<string>
  /** What should be different, in their words; empty if they wrote none. */
  readonly words: string
}

const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload (read 2026-11-21) */
const Submission = Schema.Struct({
  type: Schema.Literal("view_submission"),
  team: maybe(Schema.Struct({ id: Schema.String })),
  user: Schema.Struct({ id: Schema.NonEmptyString }),
  view: Schema.Struct({
    callback_id: Schema.Literal(callbackId),
    private_metadata: Schema.String,
    state: Schema.Struct({
      values: Schema.Record(
        Schema.String,
        Schema.Record(
          Schema.String,
          Schema.Struct({
            value: maybe(Schema.String),
            selected_options: maybe(Schema.Array(Schema.Struct({ value: Schema.String })))
          })
        )
      )
    })
  })
})
const decodeSubmission = Schema.decodeUnknownOption(Submission)

/** What was sent, by a stored `view_submission` payload; `None` for any other modal. */
export const planChangeOf = (payload: unknown): Option.Option<PlanChange> =>
  Option.flatMap(decodeSubmission(payload), ({ team, user, view }) =>
    Option.map(decodeCarried(view.private_metadata), (carried) => {
      const inputs = Object.values(view.state.values).flatMap((block) => Object.entries(block))
      const ticked = inputs.flatMap(([id, { selected_options }]) =>
        id.startsWith(stepsPrefix) ? (selected_options ?? []).map(({ value }) => value) : []
      )
      const words = inputs.find(([id]) => id === wordsId)?.[1].value ?? ""
      return { ...carried, team: team?.id ?? "", user: user.id, ticked: new Set(ticked), words: words.trim() }
    })
  )

/**
 * What somebody says by it, when they say something. Steps stand in a quotation: they are what a model has written, and
 * must not count as the words of whoever does not want them.
 */
export const saidWith = (plan: Plan, { ticked, words }: PlanChange): string => {
  const unticked = numbered(plan).filter(({ id }) => !ticked.has(id))
  return unticked.length === 0
    ? words
    : `${words}\n\nOf what you wanted to do, not this:\n${unticked.map(({ line }) => `> ${line}`).join("\n")}`
}
