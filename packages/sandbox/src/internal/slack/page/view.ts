/** The page: channels, messages, one thread, and what to do first. */
import type { SlackMessage, SlackUser } from "../../../SlackState.ts"
import { type Channel, isReply, type SlackWorkspace, threadOf } from "../state.ts"
import { type Fields, fieldOf, fieldsIn, textOf } from "../values.ts"
import { blocksHtml } from "./blocks.ts"
import { emojiOf, escapeHtml, markdown, mrkdwn, plainText } from "./text.ts"

/** What is looked at, and by whom. */
export interface Look {
  readonly channel: Channel | undefined
  readonly thread: string | undefined
  readonly as: SlackUser | undefined
}

const dateOf = (ts: string) => Number(ts) * 1000
const dayFormat = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" })
const timeFormat = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hour12: false })
const together = 5 * 60_000

/** More than anybody scrolls through, and still drawn at once. */
const maxShown = 300

const hrefOf = ({ as }: Look, channel: string, thread?: string) =>
  `/?channel=${channel}${thread === undefined ? "" : `&amp;thread=${thread}`}${as === undefined ? "" : `&amp;as=${as.id}`}`

/** Ids differ in their last letters only, which 137 degrees of the colour wheel take far apart. */
const hueOf = (id: string) =>
  (Array.from(id).reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973, 7) * 137) % 360

const initialsOf = (name: string) =>
  name
    .split(/[\s._-]+/)
    .slice(0, 2)
    .map((part) => part.charAt(0).toUpperCase())
    .join("")

const attachmentHtml = (state: SlackWorkspace, one: Fields): string => {
  const blocks = fieldsIn(one["blocks"])
  const text = textOf(one["text"]) || textOf(one["fallback"])
  const title = textOf(one["title"])
  return `<div class="attachment">${title === "" ? "" : `<b>${escapeHtml(title)}</b><br>`}${
    blocks.length > 0 ? blocksHtml(state, blocks) : mrkdwn(state, text)
  }</div>`
}

const bodyHtml = (state: SlackWorkspace, message: SlackMessage): string => {
  // NOTE: the blocks of people's messages are what the composer made of the same text.
  const blocks =
    message.blocks.length > 0 && message.botId !== null
      ? blocksHtml(state, message.blocks)
      : message.streaming === null
        ? mrkdwn(state, message.text)
        : markdown(message.text)
  const edited = message.edited === null ? "" : ' <span class="edited">(edited)</span>'
  return blocks + message.attachments.map((one) => attachmentHtml(state, one)).join("") + edited
}

const toolsHtml = (look: Look, message: SlackMessage): string => {
  const reply =
    look.thread === undefined
      ? `<a href="${hrefOf(look, message.channel, message.threadTs ?? message.ts)}">Reply</a>`
      : ""
  const react = ["+1", "eyes", "tada"]
    .map((name) => `<button type="button" data-react="${name}" title="React with ${name}">${emojiOf(name)}</button>`)
    .join("")
  const own =
    message.user === look.as?.id && message.botId === null
      ? `<button type="button" data-do="edit" data-text="${escapeHtml(message.text)}">Edit</button><button type="button" data-do="delete">Delete</button>`
      : ""
  return message.subtype === "tombstone" || look.as === undefined
    ? ""
    : `<div class="tools">${react}${reply}${own}</div>`
}

const messageHtml = (state: SlackWorkspace, look: Look, channel: Channel, message: SlackMessage, follows: boolean) => {
  const author = state.users.get(message.user)
  const name = message.username ?? author?.realName ?? message.user
  const at = dateOf(message.ts)
  const replies = message.threadTs !== message.ts ? [] : threadOf(channel, message.ts).filter(isReply)
  const inThread = look.thread !== undefined && (message.threadTs ?? message.ts) === look.thread
  const classes = [
    "message",
    follows ? "follows" : "",
    message.subtype === "tombstone" ? "tombstone" : "",
    message.onlyFor === null ? "" : "private"
  ].filter(Boolean)
  const notes = [
    author?.isBot === true ? '<span class="badge">app</span>' : "",
    author?.isRestricted === true ? '<span class="badge">guest</span>' : "",
    message.onlyFor === null ? "" : "<small>only visible to you</small>",
    message.broadcast ? "<small>also in the channel</small>" : ""
  ].join("")
  const chips = message.reactions.map((one) => {
    const mine = look.as !== undefined && one.users.includes(look.as.id) ? " mine" : ""
    const who = one.users.map((id) => state.users.get(id)?.name ?? id).join(", ")
    return `<button type="button" class="chip${mine}" data-react="${escapeHtml(one.name)}" title="${escapeHtml(who)}">${escapeHtml(emojiOf(one.name))} ${one.users.length}</button>`
  })
  const count =
    replies.length === 0 || inThread
      ? ""
      : `<a class="replies" href="${hrefOf(look, channel.id, message.ts)}">${replies.length} ${replies.length === 1 ? "reply" : "replies"}</a>`
  return `<article class="${classes.join(" ")}" id="${inThread ? "t" : "m"}${message.ts}" data-ts="${message.ts}">
<div class="avatar${author?.isBot === true ? " bot" : ""}" style="--hue:${hueOf(message.user)}" aria-hidden="true">${escapeHtml(initialsOf(name))}</div>
<div>${
    follows
      ? ""
      : `<div class="by"><b>${escapeHtml(name)}</b>${notes}<time datetime="${at}">${timeFormat.format(at)}</time></div>`
  }
<div class="body${message.streaming === "in_progress" ? " streaming" : ""}">${bodyHtml(state, message)}</div>
<div class="under">${chips.join("")}${count}</div></div>${toolsHtml(look, message)}</article>`
}

const listHtml = (
  state: SlackWorkspace,
  look: Look,
  channel: Channel,
  messages: ReadonlyArray<SlackMessage>
): string => {
  let previous: SlackMessage | undefined
  return messages
    .filter(({ onlyFor }) => onlyFor === null || onlyFor === look.as?.id)
    .map((message) => {
      const day = dayFormat.format(dateOf(message.ts))
      const newDay = previous === undefined || dayFormat.format(dateOf(previous.ts)) !== day
      const follows =
        !newDay &&
        previous?.user === message.user &&
        previous.username === message.username &&
        previous.onlyFor === message.onlyFor &&
        dateOf(message.ts) - dateOf(previous.ts) < together
      previous = message
      return `${newDay ? `<div class="day">${day}</div>` : ""}${messageHtml(state, look, channel, message, follows)}`
    })
    .join("\n")
}

const nameOf = (state: SlackWorkspace, channel: Channel) =>
  channel.kind === "im" ? (state.users.get(channel.creator)?.realName ?? channel.name) : channel.name

const form = (kind: string, example: string, label: string) =>
  `<form data-kind="${kind}"><input name="name" required placeholder="${example}" aria-label="${label}"><button>Add</button><span class="problem" role="alert"></span></form>`

const channelForm = form("channel", "general", "Name of the channel")
const userForm = form("user", "ada", "Handle of the person")

const navHtml = (state: SlackWorkspace, look: Look): string => {
  const entry = (channel: Channel) =>
    `<a href="${hrefOf(look, channel.id)}"${channel === look.channel ? ' aria-current="page"' : ""}><span class="sign">${
      { public: "#", private: "◆", im: "@" }[channel.kind]
    }</span>${escapeHtml(nameOf(state, channel))}</a>`
  const all = Array.from(state.channels.values())
  const rooms = all.filter(({ kind }) => kind !== "im")
  const direct = all.filter(({ kind }) => kind === "im")
  const people = Array.from(state.users.values()).filter(({ isBot }) => !isBot)
  const options = people.map(
    (one) => `<option value="${one.id}"${one === look.as ? " selected" : ""}>${escapeHtml(one.realName)}</option>`
  )
  return `<nav aria-label="Workspace"><h1>${escapeHtml(state.teamName)}<small>a Slack sandbox on this machine</small></h1>
<div id="channels">${rooms.length === 0 ? "" : "<h2>Channels</h2>"}${rooms.map(entry).join("")}${
    direct.length === 0 ? "" : `<h2 style="margin-top:1rem">Messages with the app</h2>${direct.map(entry).join("")}`
  }</div>
<details><summary>Add a channel</summary>${channelForm}</details>
<div>${people.length === 0 ? "" : `<h2><label for="as">Write as</label></h2><select id="as">${options.join("")}</select>`}</div>
<details><summary>Add a person</summary>${userForm}</details></nav>`
}

const composer = (channel: Channel, thread: string | undefined, label: string) =>
  `<form class="composer" data-kind="say" data-channel="${channel.id}"${thread === undefined ? "" : ` data-thread="${thread}"`}><p class="problem" role="alert"></p><textarea name="text" rows="1" placeholder="${escapeHtml(label)}" aria-label="${escapeHtml(label)}"></textarea><button>Send</button></form>`

const firstSteps = (state: SlackWorkspace, look: Look): string => {
  const bot = escapeHtml(state.bot.name)
  if (look.channel !== undefined && look.as !== undefined) {
    return `<div class="empty"><h3>Nothing has been said here yet</h3><p>Write <code>@${bot} hello</code> below. The app hears it as a mention, and its answer appears here by itself.</p></div>`
  }
  return `<div class="empty"><h3>Welcome to your own Slack</h3><p>Nothing leaves this machine. To talk to your app:</p><ol>
<li>${look.as === undefined ? `Add a person. ${userForm}` : "A person is there. ✓"}</li>
<li>${look.channel === undefined ? `Add a channel. The app is invited to it. ${channelForm}` : "A channel is there. ✓"}</li>
<li>Point the app at <code>${escapeHtml(state.url())}/api/</code> with the token <code>${escapeHtml(state.botToken)}</code>, and for Socket Mode <code>${escapeHtml(state.appToken)}</code>.</li>
<li>Mention it: <code>@${bot} hello</code>.</li></ol></div>`
}

const bannerHtml = (state: SlackWorkspace, { as, channel }: Look): string => {
  if (channel === undefined || as === undefined || channel.kind === "im") return ""
  const invite = (who: string, user: string) =>
    `<span>${who} is not in this channel.</span><button type="button" data-do="invite" data-channel="${channel.id}" data-user="${user}">Invite</button>`
  if (!channel.members.has(as.id)) return invite(escapeHtml(as.realName), as.id)
  return channel.members.has(state.bot.id) ? "" : invite(`@${escapeHtml(state.bot.name)}`, state.bot.id)
}

const sessionTexts = { processing: "is working…", suspended: "is waiting for somebody here." } as const

const threadHtml = (state: SlackWorkspace, look: Look, channel: Channel, ts: string): string => {
  const { loadingMessages, session, status, title } = state.thread(channel.id, ts)
  const shown = session === null || session === "active" || session === "closed" ? "" : sessionTexts[session]
  const working = status === "" ? shown : status
  const line =
    working === ""
      ? ""
      : `<i>${escapeHtml(state.bot.realName)} ${plainText(working)}</i> ${plainText(loadingMessages[0] ?? "")}`
  const stop =
    session === "processing"
      ? `<button type="button" class="block-button danger" data-do="stop" data-channel="${channel.id}" data-thread="${ts}">Stop</button>`
      : ""
  return `<aside aria-label="Thread"><div class="top"><h2>${title === "" ? "Thread" : escapeHtml(title)}</h2><p>${escapeHtml(nameOf(state, channel))}</p><a href="${hrefOf(look, channel.id)}">Close</a></div>
<div class="scroll" id="thread">${listHtml(state, look, channel, threadOf(channel, ts))}</div>
<div><div class="status" id="status">${line}${stop}</div>${look.as === undefined ? "" : composer(channel, ts, "Reply…")}</div></aside>`
}

const modalsHtml = (state: SlackWorkspace, look: Look): string => {
  const open = Array.from(state.views.values()).filter(({ user }) => user === look.as?.id)
  const forms = open.map(({ id, view }) => {
    const label = (name: string, standard: string) => escapeHtml(textOf(fieldOf(view[name], "text")) || standard)
    return `<div class="dialog" role="dialog" aria-modal="true" aria-label="${label("title", "Modal")}"><form data-kind="view" data-view="${id}"><h2>${label("title", "Modal")}</h2>${blocksHtml(state, fieldsIn(view["blocks"]))}<p class="problem" role="alert"></p><div class="actions"><button>${label("submit", "Submit")}</button><button type="button" class="block-button" data-do="dismiss">${label("close", "Cancel")}</button></div></form></div>`
  })
  return `<div id="modals" data-key="${open.map(({ hash }) => hash).join()}">${forms.join("")}</div>`
}

/** Everything within `<body>`. */
export const bodyOf = (state: SlackWorkspace, look: Look): string => {
  const { as, channel, thread } = look
  const shown =
    channel === undefined
      ? []
      : Array.from(channel.messages.values())
          .filter((one) => !isReply(one) || one.broadcast)
          .slice(-maxShown)
  const sign = channel?.kind === "im" ? "" : "#"
  const title = channel === undefined ? escapeHtml(state.teamName) : `${sign}${escapeHtml(nameOf(state, channel))}`
  return `<body data-as="${as?.id ?? ""}"${thread === undefined ? "" : ' class="with-thread"'}>${navHtml(state, look)}
<main><div class="top"><button type="button" class="menu" aria-label="Channels">☰</button><h2>${title}</h2><p>${escapeHtml(channel?.topic ?? "")}</p></div>
<div class="scroll" id="messages">${
    channel === undefined || as === undefined || shown.length === 0
      ? firstSteps(state, look)
      : listHtml(state, { ...look, thread: undefined }, channel, shown)
  }</div>
<div><div class="banner" id="banner">${bannerHtml(state, look)}</div>${
    channel === undefined || as === undefined
      ? ""
      : composer(channel, undefined, `Message ${sign}${nameOf(state, channel)}`)
  }</div></main>${channel === undefined || thread === undefined ? "" : threadHtml(state, look, channel, thread)}${modalsHtml(state, look)}</body>`
}
