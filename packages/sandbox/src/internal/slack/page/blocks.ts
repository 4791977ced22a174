/** Block Kit as HTML. */
import type { SlackWorkspace } from "../state.ts"
import { type Fields, fieldOf, fieldsIn, isFields, textOf } from "../values.ts"
import { emojiOf, escapeHtml, markdown, mrkdwn, plainText } from "./text.ts"

const attribute = (value: unknown) => escapeHtml(textOf(value))

const textObject = (state: SlackWorkspace, value: unknown): string => {
  const text = textOf(fieldOf(value, "text"))
  return fieldOf(value, "type") === "mrkdwn" ? mrkdwn(state, text) : plainText(text)
}

const image = (element: Fields, name: string): string => {
  const url = textOf(element["image_url"])
  // NOTE: only what a browser fetches as a picture; the page's policy allows nothing else either.
  return /^https?:\/\//.test(url)
    ? `<img class="${name}" src="${escapeHtml(url)}" alt="${attribute(element["alt_text"])}" loading="lazy">`
    : `<span class="no-image">${attribute(element["alt_text"])}</span>`
}

const optionsOf = (element: Fields): ReadonlyArray<Fields> => [
  ...fieldsIn(element["options"]),
  ...fieldsIn(element["option_groups"]).flatMap((group) => fieldsIn(group["options"]))
]

const optionTags = (element: Fields): string =>
  optionsOf(element)
    .map((one) => {
      const chosen = fieldOf(element["initial_option"], "value") === one["value"] ? " selected" : ""
      return `<option value="${attribute(one["value"])}"${chosen}>${plainText(textOf(fieldOf(one["text"], "text")))}</option>`
    })
    .join("")

const element = (state: SlackWorkspace, one: Fields): string => {
  const action = `data-click="${attribute(one["action_id"])}"`
  switch (one["type"]) {
    case "button": {
      const style = one["style"] === "primary" || one["style"] === "danger" ? ` ${one["style"]}` : ""
      return `<button type="button" class="block-button${style}" ${action}>${textObject(state, one["text"])}</button>`
    }
    case "static_select":
    case "multi_static_select":
    case "overflow":
    case "radio_buttons":
    case "checkboxes": {
      const label = textOf(fieldOf(one["placeholder"], "text")) || "Choose…"
      return `<select ${action} aria-label="${escapeHtml(label)}"><option value="" disabled${
        one["initial_option"] === undefined ? " selected" : ""
      }>${escapeHtml(label)}</option>${optionTags(one)}</select>`
    }
    case "image":
      return image(one, "accessory-image")
    case "mrkdwn":
    case "plain_text":
      return `<span>${textObject(state, one)}</span>`
    default:
      return `<span class="unknown">${attribute(one["type"])}</span>`
  }
}

const styled = (html: string, style: unknown): string => {
  const tags = (["bold", "italic", "strike", "code"] as const).filter((name) => fieldOf(style, name) === true)
  const names = { bold: "b", italic: "i", strike: "s", code: "code" } as const
  return tags.reduce((inner, tag) => `<${names[tag]}>${inner}</${names[tag]}>`, html)
}

const richElement = (state: SlackWorkspace, one: Fields): string => {
  const text = textOf(one["text"])
  switch (one["type"]) {
    case "text":
      return styled(escapeHtml(text).replaceAll("\n", "<br>"), one["style"])
    case "link": {
      const url = textOf(one["url"]).replaceAll(/[<>|]/g, "")
      return styled(mrkdwn(state, `<${url}|${text || url}>`), one["style"])
    }
    case "user":
      return mrkdwn(state, `<@${textOf(one["user_id"])}>`)
    case "channel":
      return mrkdwn(state, `<#${textOf(one["channel_id"])}>`)
    case "emoji":
      return escapeHtml(emojiOf(textOf(one["name"])))
    case "broadcast":
      return mrkdwn(state, `<!${textOf(one["range"])}>`)
    default:
      return escapeHtml(text)
  }
}

const richPart = (state: SlackWorkspace, part: Fields): string => {
  const inner = fieldsIn(part["elements"])
  const inline = () => inner.map((one) => richElement(state, one)).join("")
  switch (part["type"]) {
    case "rich_text_list": {
      const tag = part["style"] === "ordered" ? "ol" : "ul"
      return `<${tag}>${inner.map((one) => `<li>${richPart(state, one)}</li>`).join("")}</${tag}>`
    }
    case "rich_text_preformatted":
      return `<pre>${inline()}</pre>`
    case "rich_text_quote":
      return `<blockquote>${inline()}</blockquote>`
    default:
      return `<span>${inline()}</span>`
  }
}

const taskMarks: Readonly<Record<string, string>> = { pending: "○", in_progress: "◐", complete: "●", error: "✕" }

const taskHtml = (one: Fields): string => {
  const status = textOf(one["status"])
  const details = textOf(one["details"]) || textOf(one["output"])
  return `<p class="task ${escapeHtml(status)}"><span aria-hidden="true">${taskMarks[status] ?? "○"}</span> ${attribute(
    one["title"]
  )}${details === "" ? "" : ` <small>${escapeHtml(details)}</small>`}</p>`
}

const block = (state: SlackWorkspace, one: Fields): string => {
  const elements = fieldsIn(one["elements"])
  switch (one["type"]) {
    case "header":
      return `<p class="block-header">${textObject(state, one["text"])}</p>`
    case "section": {
      const fields = fieldsIn(one["fields"])
      const accessory = isFields(one["accessory"]) ? element(state, one["accessory"]) : ""
      const text = one["text"] === undefined ? "" : `<div>${textObject(state, one["text"])}</div>`
      const grid =
        fields.length === 0
          ? ""
          : `<div class="fields">${fields.map((field) => `<div>${textObject(state, field)}</div>`).join("")}</div>`
      return `<div class="section"><div class="section-text">${text}${grid}</div>${accessory}</div>`
    }
    case "context":
      return `<div class="context">${elements.map((inner) => element(state, inner)).join("")}</div>`
    case "divider":
      return "<hr>"
    case "actions":
      return `<div class="actions">${elements.map((inner) => element(state, inner)).join("")}</div>`
    case "image": {
      const title = one["title"] === undefined ? "" : `<figcaption>${textObject(state, one["title"])}</figcaption>`
      return `<figure>${title}${image(one, "block-image")}</figure>`
    }
    case "rich_text":
      return `<div class="rich">${elements.map((part) => richPart(state, part)).join("")}</div>`
    case "markdown":
      return `<div class="markdown">${markdown(textOf(one["text"]))}</div>`
    case "plan": {
      const tasks = fieldsIn(one["tasks"])
      const title = attribute(one["title"])
      return tasks.length === 0
        ? `<p class="plan">${title}</p>`
        : `<details class="plan"><summary>${title}</summary>${tasks.map(taskHtml).join("")}</details>`
    }
    case "task_card":
      return taskHtml(one)
    case "input":
      return inputBlock(state, one)
    default:
      return `<p class="unknown">A block of type ${attribute(one["type"])}</p>`
  }
}

/** Boxes to tick, or buttons of which one is chosen. */
const choices = (one: Fields, type: "checkbox" | "radio"): string => {
  const initial = [one["initial_options"] ?? [], one["initial_option"] ?? []].flat()
  const chosen = new Set(initial.map((option) => fieldOf(option, "value")))
  const options = optionsOf(one).map((option) => {
    const { description, text, value } = option
    const more = description === undefined ? "" : `<small>${plainText(textOf(fieldOf(description, "text")))}</small>`
    return `<label><input type="${type}" name="${attribute(one["action_id"])}" value="${attribute(value)}"${
      chosen.has(value) ? " checked" : ""
    }><span>${plainText(textOf(fieldOf(text, "text")))}${more}</span></label>`
  })
  return options.join("")
}

const inputField = (one: Fields): string => {
  const name = attribute(one["action_id"])
  const most = typeof one["max_length"] === "number" ? ` maxlength="${one["max_length"]}"` : ""
  const initial = attribute(one["initial_value"])
  if (one["options"] !== undefined) return `<select name="${name}">${optionTags(one)}</select>`
  return one["multiline"] === true
    ? `<textarea name="${name}" rows="3"${most}>${initial}</textarea>`
    : `<input name="${name}" value="${initial}"${most}>`
}

const inputBlock = (state: SlackWorkspace, one: Fields): string => {
  const inner = isFields(one["element"]) ? one["element"] : {}
  const about = `class="input" data-block="${attribute(one["block_id"])}"`
  const label = `${textObject(state, one["label"])}${one["optional"] === true ? " <small>(optional)</small>" : ""}`
  const below = `${one["hint"] === undefined ? "" : `<small>${textObject(state, one["hint"])}</small>`}<em class="error"></em>`
  return inner["type"] === "checkboxes" || inner["type"] === "radio_buttons"
    ? `<fieldset ${about}${inner["type"] === "checkboxes" ? ` data-many="${attribute(inner["action_id"])}"` : ""}><legend>${label}</legend>${choices(inner, inner["type"] === "checkboxes" ? "checkbox" : "radio")}${below}</fieldset>`
    : `<label ${about}><span>${label}</span>${inputField(inner)}${below}</label>`
}

export const blocksHtml = (state: SlackWorkspace, blocks: ReadonlyArray<Fields>): string =>
  blocks.map((one) => block(state, one)).join("")
