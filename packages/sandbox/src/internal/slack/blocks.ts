/** Checks Block Kit against Slack's limits, and fills in the ids that were left out. */
import { randomBytes } from "node:crypto"
import type { Schema } from "effect"
import { SlackRefusal } from "./call.ts"
import { type Fields, fieldsIn, isFields, listOf, textOf } from "./values.ts"

/** https://docs.slack.dev/reference/block-kit/blocks (read 2026-11-21) */
const limits = {
  blocks: 50,
  sectionText: 3000,
  fieldText: 2000,
  fields: 10,
  headerText: 150,
  buttonText: 75,
  actionId: 255,
  buttonValue: 2000,
  actions: 25,
  context: 10,
  options: 100,
  boxes: 10,
  optionText: 75,
  optionValue: 150,
  label: 2000,
  inputText: 3000,
  placeholder: 150,
  markdown: 12_000
} as const

const knownBlocks = new Set([
  ...["actions", "alert", "call", "card", "carousel", "context", "context_actions", "divider", "file", "header"],
  ...["image", "input", "markdown", "plan", "rich_text", "section", "table", "task_card", "video"]
])

/** Those that only messages show. https://docs.slack.dev/blocks.json (read 2026-11-21) */
const notInModals = new Set(["carousel", "context_actions", "file", "markdown", "plan", "table", "task_card"])

const inputElements = new Set([
  ...["channels_select", "checkboxes", "conversations_select", "datepicker", "datetimepicker", "email_text_input"],
  ...["external_select", "file_input", "multi_channels_select", "multi_conversations_select", "multi_external_select"],
  ...["multi_static_select", "multi_users_select", "number_input", "plain_text_input", "radio_buttons"],
  ...["rich_text_input", "static_select", "timepicker", "url_text_input", "users_select"]
])

export type Complain = (at: string, what: string) => void

export const checkText = (complain: Complain, at: string, value: unknown, most: number, plainOnly: boolean) => {
  const type = isFields(value) ? textOf(value["type"]) : ""
  const text = isFields(value) ? textOf(value["text"]) : ""
  if (type !== "plain_text" && (plainOnly || type !== "mrkdwn")) complain(`${at}/type`, "unsupported type")
  if (text === "") complain(`${at}/text`, "must be more than 0 characters")
  if (text.length > most) complain(`${at}/text`, `must be less than ${most + 1} characters`)
}

const checkOptions = (complain: Complain, at: string, element: Fields) => {
  const options = fieldsIn(element["options"])
  if (options.length === 0 && !Array.isArray(element["option_groups"]))
    complain(`${at}/options`, "missing required field")
  const most = element["type"] === "checkboxes" || element["type"] === "radio_buttons" ? limits.boxes : limits.options
  if (options.length > most) complain(`${at}/options`, `no more than ${most} items allowed`)
  for (const [index, option] of options.entries()) {
    const here = `${at}/options/${index}`
    const { description, value } = option
    checkText(complain, `${here}/text`, option["text"], limits.optionText, false)
    if (description !== undefined) checkText(complain, `${here}/description`, description, limits.optionText, false)
    if (textOf(value) === "") complain(`${here}/value`, "missing required field")
    if (textOf(value).length > limits.optionValue) complain(`${here}/value`, "must be less than 151 characters")
  }
  const initial = [element["initial_option"] ?? [], element["initial_options"] ?? []].flat()
  const known = new Set(options.map((one) => JSON.stringify(one)))
  if (Array.isArray(element["options"]) && initial.some((one) => !known.has(JSON.stringify(one)))) {
    complain(`${at}/initial_options`, "must be among the options, exactly as they are there")
  }
}

const checkTextInput = (complain: Complain, at: string, element: Fields) => {
  const { initial_value: initial, max_length: most = limits.inputText, placeholder } = element
  if (typeof most !== "number" || most < 1 || most > limits.inputText) {
    complain(`${at}/max_length`, "must be between 1 and 3000")
  } else if (textOf(initial).length > most) complain(`${at}/initial_value`, `must be less than ${most + 1} characters`)
  if (placeholder !== undefined) checkText(complain, `${at}/placeholder`, placeholder, limits.placeholder, true)
}

const checkInput = (complain: Complain, at: string, { element, hint, label }: Fields) => {
  checkText(complain, `${at}/label`, label, limits.label, true)
  if (hint !== undefined) checkText(complain, `${at}/hint`, hint, limits.label, true)
  if (!isFields(element)) return complain(`${at}/element`, "missing required field")
  const type = textOf(element["type"])
  if (!inputElements.has(type)) complain(`${at}/element/type`, `unsupported type: ${type}`)
  if (type === "plain_text_input") checkTextInput(complain, `${at}/element`, element)
  checkElement(complain, `${at}/element`, element)
}

const checkElement = (complain: Complain, at: string, element: Fields) => {
  const type = textOf(element["type"])
  if (textOf(element["action_id"]).length > limits.actionId) complain(`${at}/action_id`, "too long")
  if (type === "button") {
    checkText(complain, `${at}/text`, element["text"], limits.buttonText, true)
    if (textOf(element["value"]).length > limits.buttonValue) complain(`${at}/value`, "too long")
    const style = element["style"]
    if (style !== undefined && style !== "primary" && style !== "danger") complain(`${at}/style`, "invalid value")
  }
  if (["static_select", "multi_static_select", "overflow", "radio_buttons", "checkboxes"].includes(type)) {
    checkOptions(complain, at, element)
  }
  if (type === "image" && textOf(element["alt_text"]) === "") complain(`${at}/alt_text`, "missing required field")
  if (type === "") complain(`${at}/type`, "missing required field")
}

/** https://docs.slack.dev/reference/block-kit/blocks/task-card-block (read 2026-11-21) */
const taskStatuses = new Set(["pending", "in_progress", "complete", "error"])

const checkTask = (complain: Complain, at: string, task: Fields) => {
  for (const name of ["task_id", "title"]) {
    if (textOf(task[name]) === "") complain(`${at}/${name}`, "missing required field")
  }
  if (task["status"] !== undefined && !taskStatuses.has(textOf(task["status"])))
    complain(`${at}/status`, "invalid value")
}

const checkBlock = (complain: Complain, at: string, block: Fields) => {
  const type = textOf(block["type"])
  const elements = fieldsIn(block["elements"])
  if (!knownBlocks.has(type)) complain(`${at}/type`, `unsupported block type: ${type}`)
  if (type === "section") {
    const fields = listOf(block["fields"])
    if (block["text"] === undefined && fields.length === 0) complain(at, "missing required field: text or fields")
    if (block["text"] !== undefined) checkText(complain, `${at}/text`, block["text"], limits.sectionText, false)
    if (fields.length > limits.fields) complain(`${at}/fields`, "no more than 10 items allowed")
    for (const [index, one] of fields.entries()) {
      checkText(complain, `${at}/fields/${index}`, one, limits.fieldText, false)
    }
    if (isFields(block["accessory"])) checkElement(complain, `${at}/accessory`, block["accessory"])
  }
  if (type === "header") checkText(complain, `${at}/text`, block["text"], limits.headerText, true)
  if (type === "actions") {
    if (elements.length === 0) complain(`${at}/elements`, "must have at least 1 item")
    if (elements.length > limits.actions) complain(`${at}/elements`, "no more than 25 items allowed")
    for (const [index, one] of elements.entries()) checkElement(complain, `${at}/elements/${index}`, one)
  }
  if (type === "context") {
    if (elements.length === 0) complain(`${at}/elements`, "must have at least 1 item")
    if (elements.length > limits.context) complain(`${at}/elements`, "no more than 10 items allowed")
  }
  if (type === "image") {
    if (textOf(block["alt_text"]) === "") complain(`${at}/alt_text`, "missing required field")
    if (textOf(block["image_url"]) === "" && block["slack_file"] === undefined) {
      complain(`${at}/image_url`, "missing required field")
    }
  }
  if (type === "markdown") {
    const text = textOf(block["text"])
    if (text === "") complain(`${at}/text`, "must be more than 0 characters")
    if (text.length > limits.markdown) complain(`${at}/text`, "must be less than 12001 characters")
  }
  if (type === "task_card") checkTask(complain, at, block)
  if (type === "plan") {
    if (textOf(block["title"]) === "") complain(`${at}/title`, "missing required field")
    for (const [index, task] of listOf(block["tasks"]).entries()) {
      if (isFields(task) && task["type"] === "task_card") checkTask(complain, `${at}/tasks/${index}`, task)
      else complain(`${at}/tasks/${index}/type`, "unsupported type")
    }
  }
  if (type === "input") checkInput(complain, at, block)
  if (textOf(block["block_id"]).length > 255) complain(`${at}/block_id`, "too long")
}

const newId = () => randomBytes(4).toString("base64url").slice(0, 5)

const withActionId = (element: Fields): Fields =>
  element["action_id"] === undefined && element["type"] !== "image" && element["type"] !== "mrkdwn"
    ? { ...element, action_id: newId() }
    : element

const interactive = (block: Fields): Fields => {
  const { accessory, element, elements } = block
  return {
    ...block,
    ...(isFields(accessory) ? { accessory: withActionId(accessory) } : {}),
    ...(isFields(element) ? { element: withActionId(element) } : {}),
    ...(block["type"] === "actions" ? { elements: fieldsIn(elements).map(withActionId) } : {})
  }
}

/** Says what is wrong with blocks: `at` is where they are, as a JSON pointer. */
export const checkBlocks = (
  complain: Complain,
  blocks: ReadonlyArray<Fields>,
  where: { readonly at: string; readonly most: number; readonly inModal: boolean }
) => {
  const { at, inModal, most } = where
  if (blocks.length > most) complain(at, `no more than ${most} items allowed`)
  const ids = new Set<Schema.Json>()
  for (const [index, block] of blocks.entries()) {
    const { block_id: id } = block
    const type = textOf(block["type"])
    if (inModal && notInModals.has(type)) complain(`${at}/${index}/type`, `unsupported type: ${type}`)
    checkBlock(complain, `${at}/${index}`, block)
    if (id === undefined || id === "") continue
    if (ids.has(id)) complain(`${at}/${index}/block_id`, "`block_id` already exists")
    ids.add(id)
  }
}

/** The blocks as Slack keeps them, with the ids that were left out. */
export const keptBlocks = (blocks: ReadonlyArray<Fields>): ReadonlyArray<Fields> =>
  blocks.map((block) => ({ ...interactive(block), block_id: textOf(block["block_id"]) || newId() }))

/** What was complained about, in Slack's words. */
export const complaintOf = (at: string, what: string) => `[ERROR] ${what} [json-pointer:${at}]`

/** A message's blocks as Slack keeps them; throws `invalid_blocks` with everything that is wrong. */
export const checkedBlocks = (blocks: ReadonlyArray<Fields>): ReadonlyArray<Fields> => {
  const complaints: Array<string> = []
  checkBlocks((at, what) => void complaints.push(complaintOf(at, what)), blocks, {
    at: "/blocks",
    most: limits.blocks,
    inModal: false
  })
  if (complaints.length > 0) {
    throw new SlackRefusal("invalid_blocks", {
      errors: complaints.map((one) => one.replace("[ERROR] ", "")),
      response_metadata: { messages: complaints }
    })
  }
  return keptBlocks(blocks)
}
