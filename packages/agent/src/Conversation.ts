/** Who talks with the agent, where, and about which repository. */
import { type RepositoryName, ThreadId } from "@productbuilding/core"
import { Schema } from "effect"

/**
 * Where messages belong together: the id of an issue's or pull request's thread (`acme/shop#12`), or a place in a chat
 * (`slack:T0:C0:1795000000.000100`). Turns of one conversation run one after the other.
 */
export const ConversationId = Schema.NonEmptyString.pipe(Schema.brand("ConversationId"))
export type ConversationId = typeof ConversationId.Type

/** The thread that a conversation is held on, unless it is held in a chat. */
export const threadOf = (id: ConversationId): ThreadId | undefined => (isThreadId(id) ? id : undefined)

/** Whoever asked, as the surface knows them. What they may do is looked up when it is done, not here. */
export class Asker extends Schema.Class<Asker>("@productbuilding/agent/Asker")({
  /** Unique and stable, for example `slack:T0:U0` or `github:ada`. */
  id: Schema.NonEmptyString,
  /** For people to read. */
  name: Schema.String,
  /** The login on the code host, once somebody we trust has said so; without one they may only read. */
  login: Schema.NullOr(Schema.String),
  /** A guest of the workspace, or somebody of another organisation. */
  guest: Schema.Boolean,
  /** The place is shared with another organisation. */
  sharedChannel: Schema.Boolean
}) {}

/** A message to the agent. */
export interface Asked {
  readonly conversation: ConversationId
  /** The same message always has the same key: however often it is delivered, it is one turn. */
  readonly key: string
  readonly asker: Asker
  /** The repository that the place belongs to, `null` if it belongs to none. */
  readonly repository: RepositoryName | null
  /** The issue or pull request that the place mirrors. */
  readonly about: ThreadId | null
  /** Markdown, without the mention of the agent. */
  readonly text: string
}

const isThreadId = Schema.is(ThreadId)
