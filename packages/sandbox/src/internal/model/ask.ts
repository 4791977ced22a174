/** A request as every wire format is read into, and how it is refused. */
import type { ModelFinish, ModelMessage, ModelRequest, ModelToolCall, ModelUsage } from "../../ModelState.ts"
import type { Fields } from "../slack/values.ts"

/** A piece of the prompt, in the order in which vendors cache them. */
export interface Segment {
  readonly text: string
  /** Whether the prompt up to here is to be kept, and for how long. */
  readonly keep: "5m" | "1h" | null
}

export interface Ask {
  readonly request: ModelRequest
  readonly segments: ReadonlyArray<Segment>
  readonly stopSequences: ReadonlyArray<string>
  /** Whether several tools may be called at once. */
  readonly parallel: boolean
  /** As it was sent. */
  readonly body: Fields
}

/** A call with the id that its result will name. */
export interface IssuedCall extends ModelToolCall {
  readonly id: string
}

/** An answer that is to be written. */
export interface Issued {
  /** Of the answer, without the vendor's prefix. */
  readonly id: string
  readonly atMs: number
  readonly text: string
  readonly toolCalls: ReadonlyArray<IssuedCall>
  readonly finish: ModelFinish
  /** With `stop-sequence`. */
  readonly stopSequence: string | null
  readonly usage: ModelUsage
}

/** One server-sent event. */
export interface SentEvent {
  /** OpenAI's chat completions name none. */
  readonly name?: string
  readonly data: Fields | "[DONE]"
  /** Whether it carries a piece of the answer, before which a slow model takes its time. */
  readonly piece?: boolean
}

/** An answer that ends in the middle. */
export interface Broken {
  readonly ask: Ask
  readonly issued: Issued
  /** How many events came before. */
  readonly sent: number
}

/** A wire format. */
export interface Dialect {
  /** Throws `Refused`. */
  readonly read: (body: Fields) => Ask
  readonly whole: (ask: Ask, issued: Issued) => Fields
  readonly events: (ask: Ask, issued: Issued) => ReadonlyArray<SentEvent>
  readonly errorEvent: (refused: Refused, broken: Broken) => SentEvent
}

/** Ends a request with an error of the vendor's. */
export class Refused extends Error {
  readonly status: number
  /** OpenAI's; others do without. */
  readonly code: string | null
  readonly param: string | null
  readonly retryAfterSeconds: number | undefined
  constructor(
    status: number,
    message: string,
    more: { readonly code?: string; readonly param?: string; readonly retryAfterSeconds?: number | undefined } = {}
  ) {
    super(message)
    this.status = status
    this.code = more.code ?? null
    this.param = more.param ?? null
    this.retryAfterSeconds = more.retryAfterSeconds
  }
}

/** About a token for every four characters. */
export const tokensOf = (text: string): number => Math.ceil(text.length / 4)

export const said = (role: "user" | "assistant", text: string, toolCalls: ModelMessage["toolCalls"] = []) =>
  ({ role, text, toolCalls, toolName: "", isError: false }) as const

/** The arguments that a model wrote, which an app sends back. */
export const toolCallOf = (name: string, given: unknown, isFields: (value: unknown) => value is Fields) =>
  ({ name, arguments: isFields(given) ? given : {} }) as const

/** Words with what follows them: what a model writes at a time. */
export const wordsOf = (text: string): ReadonlyArray<string> => text.match(/\s*\S+\s*?(?=\s|$)|\s+$/g) ?? []

/** JSON as models write it, a dozen characters at a time. */
export const shardsOf = (text: string): ReadonlyArray<string> => text.match(/[\s\S]{1,12}/gu) ?? []
