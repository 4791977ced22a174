/** Modals: checked against Slack's limits, and what somebody leaves in their fields. */
import type { Schema } from "effect"
import { SandboxMissing, SandboxRefused } from "../../SandboxControl.ts"
import { checkBlocks, checkText, complaintOf, keptBlocks } from "./blocks.ts"
import { SlackRefusal } from "./call.ts"
import { compact, type Fields, fieldOf, fieldsIn, isFields, textOf } from "./values.ts"

/** https://docs.slack.dev/reference/views/modal-views (read 2026-11-21) */
const limits = { blocks: 100, title: 24, callbackId: 255, privateMetadata: 3000 } as const

/** What somebody enters, by `action_id`. */
export type Entered = Readonly<Record<string, string | ReadonlyArray<string>>>

/** Everything of a block that can be clicked, picked or filled in. */
export const elementsOf = (block: Fields): ReadonlyArray<Fields> =>
  [block["accessory"], block["element"], ...fieldsIn(block["elements"])].filter(isFields)

/** The modal with every id that was left out; throws `invalid_arguments` with everything that is wrong. */
export const checkedView = (given: Fields | undefined): Fields => {
  const complaints: Array<string> = []
  const complain = (at: string, what: string) => void complaints.push(complaintOf(at, what))
  const view = given ?? {}
  const blocks = fieldsIn(view["blocks"])
  if (view["type"] !== "modal") complain("/view/type", "must be modal")
  checkText(complain, "/view/title", view["title"], limits.title, true)
  for (const name of ["submit", "close"]) {
    if (view[name] !== undefined) checkText(complain, `/view/${name}`, view[name], limits.title, true)
  }
  for (const [name, most] of [
    ["callback_id", limits.callbackId],
    ["private_metadata", limits.privateMetadata]
  ] as const) {
    if (textOf(view[name]).length > most) complain(`/view/${name}`, `must be less than ${most + 1} characters`)
  }
  if (!Array.isArray(view["blocks"])) complain("/view/blocks", "missing required field")
  if (view["submit"] === undefined && blocks.some(({ type }) => type === "input")) {
    complain("/view/submit", "missing required field: a view with an input block needs it")
  }
  checkBlocks(complain, blocks, { at: "/view/blocks", most: limits.blocks, inModal: true })
  if (complaints.length > 0)
    throw new SlackRefusal("invalid_arguments", { response_metadata: { messages: complaints } })
  return { ...view, blocks: keptBlocks(blocks) }
}

/** The option with a value; the first one where none is named. */
export const optionOf = (element: Fields, value: string | undefined): Fields => {
  const options = [
    ...fieldsIn(element["options"]),
    ...fieldsIn(element["option_groups"]).flatMap((group) => fieldsIn(group["options"]))
  ]
  const found = value === undefined ? options[0] : options.find((one) => one["value"] === value)
  if (found === undefined)
    throw new SandboxMissing({ what: `option ${value ?? ""} of ${textOf(element["action_id"])}` })
  return found
}

/** Whether several options can be picked. */
export const isMany = ({ type }: Fields): boolean => textOf(type).startsWith("multi_") || type === "checkboxes"

/** What a field holds: what was entered, else what it began with. */
const heldBy = (element: Fields, entered: string | ReadonlyArray<string> | undefined): Fields => {
  const { type } = element
  if (isMany(element)) {
    const picked = typeof entered === "string" ? [entered] : entered
    const options = picked?.map((one) => optionOf(element, one)) ?? fieldsIn(element["initial_options"])
    return compact({ type, selected_options: options })
  }
  if (element["options"] !== undefined || element["option_groups"] !== undefined) {
    const option = typeof entered === "string" ? optionOf(element, entered) : (element["initial_option"] ?? null)
    return compact({ type, selected_option: option })
  }
  const text = typeof entered === "string" ? entered : textOf(element["initial_value"])
  return compact({ type, value: text === "" ? null : text })
}

const isEmpty = (held: Fields): boolean =>
  held["selected_options"] === undefined
    ? (held["selected_option"] ?? held["value"] ?? null) === null
    : fieldsIn(held["selected_options"]).length === 0

/**
 * The `state.values` of a modal as somebody sends it. Throws `SandboxRefused` where Slack would not let them: a field that
 * is not optional is empty, or a text is too long.
 */
export const valuesOf = (view: Fields, entered: Entered): Fields => {
  const values: Record<string, Schema.Json> = {}
  for (const block of fieldsIn(view["blocks"])) {
    for (const element of elementsOf(block)) {
      if (element["type"] === "button" || element["type"] === "image") continue
      const id = textOf(element["action_id"])
      const held = heldBy(element, entered[id])
      const label = textOf(fieldOf(block["label"], "text")) || id
      const most = element["max_length"]
      if (block["type"] === "input" && block["optional"] !== true && isEmpty(held)) {
        throw new SandboxRefused({ message: `Please complete this required field: ${label}` })
      }
      if (typeof most === "number" && textOf(held["value"]).length > most) {
        throw new SandboxRefused({ message: `${label}: at most ${most} characters.` })
      }
      values[textOf(block["block_id"])] = { [id]: held }
    }
  }
  return values
}
