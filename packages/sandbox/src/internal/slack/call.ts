/** One call of the Web API, and how it is refused. */
import type { SlackMessage } from "../../SlackState.ts"
import type { Deliver } from "./deliver.ts"
import type { Messages } from "./messages.ts"
import type { Sockets } from "./sockets.ts"
import type { Channel, SlackWorkspace } from "./state.ts"
import { type Fields, fieldsIn, isFields, listOf, parseJson, textOf } from "./values.ts"

/** Ends a call with one of Slack's errors. */
export class SlackRefusal extends Error {
  readonly error: string
  readonly more: Fields
  constructor(error: string, more: Fields = {}) {
    super(error)
    this.error = error
    this.more = more
  }
}

export interface Parts {
  readonly state: SlackWorkspace
  readonly deliver: Deliver
  readonly messages: Messages
  readonly sockets: Sockets
}

/** Calls per minute, with Slack's name of the tier. https://docs.slack.dev/apis/web-api/rate-limits (read 2026-11-21) */
export const tiers = { T1: 1, T2: 20, T3: 50, T4: 100 } as const

export interface Method {
  /** `post` is `chat.postMessage`'s own: about one a second in each channel. `special` is not limited here. */
  readonly tier: keyof typeof tiers | "post" | "special"
  /** The scopes of which one is needed. */
  readonly scopes: ReadonlyArray<string>
  /** Default `bot`. */
  readonly token?: "bot" | "app"
  readonly handle: (args: Args) => Fields
}

export type Methods = Readonly<Record<string, Method>>

/** The arguments, which a form sends as texts and JSON as what they are. */
export interface Args {
  text(name: string): string
  /** Throws `invalid_arguments` where it is missing. */
  required(name: string): string
  flag(name: string): boolean
  number(name: string, standard: number): number
  has(name: string): boolean
  object(name: string, error: string): Fields | undefined
  objects(name: string, error: string): ReadonlyArray<Fields>
  list(name: string): ReadonlyArray<string>
}

export const argsOf = (fields: Fields): Args => {
  const text = (name: string) => {
    const value = fields[name]
    return typeof value === "number" || typeof value === "boolean" ? String(value) : textOf(value)
  }
  const structured = (name: string, error: string) => {
    const value = fields[name]
    if (typeof value !== "string") return value
    if (value === "") return undefined
    const parsed = parseJson(value)
    if (parsed === undefined) throw new SlackRefusal(error)
    return parsed
  }
  return {
    text,
    required: (name) => {
      const value = text(name)
      if (value !== "") return value
      const messages = [`[ERROR] missing required field: ${name}`]
      throw new SlackRefusal("invalid_arguments", { response_metadata: { messages } })
    },
    flag: (name) => ["true", "1"].includes(text(name)),
    number: (name, standard) => {
      const value = text(name)
      if (value === "") return standard
      if (!/^\d+$/.test(value)) throw new SlackRefusal("invalid_arguments")
      return Number(value)
    },
    has: (name) => fields[name] !== undefined && fields[name] !== null && fields[name] !== "",
    object: (name, error) => {
      const value = structured(name, error)
      if (value === undefined || value === null) return undefined
      if (!isFields(value)) throw new SlackRefusal(error)
      return value
    },
    objects: (name, error) => {
      const value = structured(name, error)
      if (value === undefined || value === null) return []
      const found = fieldsIn(value)
      if (!Array.isArray(value) || found.length !== value.length) throw new SlackRefusal(error)
      return found
    },
    list: (name) => {
      const value = fields[name]
      return typeof value === "string" ? value.split(",").filter(Boolean) : listOf(value).map(textOf)
    }
  }
}

/** The channel that an argument names, as the bot sees it: private ones only from within. */
export const channelOf = (state: SlackWorkspace, name: string): Channel => {
  const channel = state.findChannel(name)
  if (channel === undefined || (channel.kind !== "public" && !channel.members.has(state.bot.id))) {
    throw new SlackRefusal("channel_not_found")
  }
  return channel
}

export const mustBeIn = (state: SlackWorkspace, channel: Channel): Channel => {
  if (!channel.members.has(state.bot.id)) throw new SlackRefusal("not_in_channel")
  return channel
}

/** Throws unless the token has one of the scopes. */
export const mustHave = (state: SlackWorkspace, scopes: ReadonlyArray<string>) => {
  if (scopes.length === 0 || scopes.some((one) => state.scopes.has(one))) return
  throw new SlackRefusal("missing_scope", {
    needed: scopes.join(","),
    provided: Array.from(state.scopes).join(",")
  })
}

export const messageOf = (channel: Channel, ts: string, error = "message_not_found"): SlackMessage => {
  const found = channel.messages.get(ts)
  if (found === undefined || found.onlyFor !== null) throw new SlackRefusal(error)
  return found
}

/** A page of a list by an opaque cursor. */
export const pageOf = <A>(args: Args, items: ReadonlyArray<A>, standard: number, most = 1000) => {
  const limit = args.number("limit", standard) || standard
  if (limit > most) throw new SlackRefusal("invalid_limit")
  const cursor = args.text("cursor")
  const [, offset] = /^at:(\d+)$/.exec(Buffer.from(cursor, "base64").toString("utf8")) ?? []
  if (cursor !== "" && offset === undefined) throw new SlackRefusal("invalid_cursor")
  const from = Number(offset ?? 0)
  const more = from + limit < items.length
  const next = more ? Buffer.from(`at:${from + limit}`).toString("base64") : ""
  return { items: items.slice(from, from + limit), more, next }
}
