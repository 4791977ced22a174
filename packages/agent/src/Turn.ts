/** One message to the agent and all that came of it: an operation, and the record that it is resumed and audited from. */
import { OperationId, RepositoryName, ThreadId } from "@productbuilding/core"
import { Schema } from "effect"
import { Asker, ConversationId } from "./Conversation.ts"

/** A turn is an operation: its id is the operation's. */
export const TurnId = OperationId
export type TurnId = typeof TurnId.Type

/** How a turn ended. `asked`: with a question; the answer to it is the next turn. */
export const TurnOutcome = Schema.Literals(["answered", "asked", "refused", "failed", "stopped"])
export type TurnOutcome = typeof TurnOutcome.Type

/** `waiting`: for somebody's approval. */
export const TurnState = Schema.Literals(["queued", "running", "waiting", "ended"])
export type TurnState = typeof TurnState.Type

export class Turn extends Schema.Class<Turn>("@productbuilding/agent/Turn")({
  id: TurnId,
  conversation: ConversationId,
  repository: Schema.NullOr(RepositoryName),
  about: Schema.NullOr(ThreadId),
  asker: Asker,
  text: Schema.String,
  state: TurnState,
  /** Grows each time that it is taken up again after it had waited. */
  leg: Schema.Int,
  outcome: Schema.NullOr(TurnOutcome),
  /** What it said in the end. */
  answer: Schema.NullOr(Schema.String),
  createdAt: Schema.DateTimeUtcFromMillis,
  endedAt: Schema.NullOr(Schema.DateTimeUtcFromMillis)
}) {}

/** What a model call has cost. Tokens as the vendor counted them; money in millionths of a US dollar. */
export const Spent = Schema.Struct({
  inputTokens: Schema.Int,
  cachedTokens: Schema.Int,
  outputTokens: Schema.Int,
  /** `null`: nobody knows the model's price. */
  microDollars: Schema.NullOr(Schema.Int),
  /** What counts against budgets where nobody knows the price: that of the dearest model that is known. */
  countedMicroDollars: Schema.optionalKey(Schema.Int)
})
export type Spent = typeof Spent.Type

/** A tool call as a model proposed it. Nothing about it is checked yet. */
export const Proposed = Schema.Struct({ id: Schema.String, tool: Schema.String, params: Schema.Json })
export type Proposed = typeof Proposed.Type

/** The message arrived. */
export const AskedEntry = Schema.TaggedStruct("Asked", {
  text: Schema.String,
  /** The key of the message. */
  message: Schema.optionalKey(Schema.String)
})
/** A specialist was chosen, with a confidence between 0 and 1. */
export const RoutedEntry = Schema.TaggedStruct("Routed", {
  specialist: Schema.String,
  /** What it does, for people, for example `Writing an issue`. */
  doing: Schema.String,
  confidence: Schema.Finite,
  reason: Schema.String
})
/** A model answered. */
export const ModelEntry = Schema.TaggedStruct("Model", {
  purpose: Schema.Literals(["route", "work", "summary"]),
  provider: Schema.String,
  model: Schema.String,
  /** SHA-256 of what it was given, in hexadecimal. */
  promptDigest: Schema.String,
  text: Schema.String,
  calls: Schema.Array(Proposed),
  spent: Spent,
  durationMs: Schema.Int
})
/** A tool is about to run: from here on it may have had its effect. */
export const StartedEntry = Schema.TaggedStruct("Started", {
  call: Proposed,
  /** One line for people, without markup. */
  summary: Schema.String,
  writes: Schema.Boolean
})
/** A tool has run, or was refused. `result` is what the model is told. */
export const FinishedEntry = Schema.TaggedStruct("Finished", {
  callId: Schema.String,
  result: Schema.Json,
  failed: Schema.Boolean,
  /** Owner keys of what it made outside. */
  resources: Schema.Array(Schema.String),
  durationMs: Schema.Int
})
/** A budget that is spent, and how much more of it is asked for. Money in millionths of a US dollar. */
export const Overdraft = Schema.Struct({
  /** `turn`: what one turn may use. Others are limits of a day. */
  scope: Schema.Literals(["turn", "user", "channel", "project", "everybody"]),
  /** Whose it is, as the budget knows them; empty where the scope says it all. */
  key: Schema.String,
  /** Of the limit, in UTC, for example `2026-11-21`. `null`: it is no limit of a day. */
  day: Schema.NullOr(Schema.String),
  unit: Schema.Literals(["model calls", "tool calls", "tokens", "money"]),
  spent: Schema.Int,
  /** What was granted before is part of a turn's limit. */
  limit: Schema.Int,
  /** For this turn only, beyond the limit. */
  more: Schema.Int
})
export type Overdraft = typeof Overdraft.Type

/** Somebody has to agree before these calls run, or before the turn uses more of a budget than there is. */
export const ApprovalEntry = Schema.TaggedStruct("Approval", {
  /** Of the turn and its calls, or its budget: any change makes another digest, and so voids it. */
  digest: Schema.String,
  /** None when it is a budget that is asked for. */
  calls: Schema.Array(Schema.Struct({ id: Schema.String, summary: Schema.String })),
  /** The least permission that a decision needs. */
  permission: Schema.Literals(["triage", "write", "admin"]),
  /** Where the decision needs it. Absent: in the conversation's own repository. */
  repositories: Schema.optionalKey(Schema.Array(RepositoryName)),
  /** What is asked for instead of calls. Consent to the one is never consent to the other. */
  budget: Schema.optionalKey(Overdraft),
  expiresAtMs: Schema.Int
})
/** Somebody decided. */
export const DecidedEntry = Schema.TaggedStruct("Decided", {
  digest: Schema.String,
  verdict: Schema.Literals(["approved", "rejected", "expired"]),
  by: Schema.String,
  /** Ids of the proposed calls that were left out, in the plan's order: the others are approved. Absent: none is. */
  without: Schema.optionalKey(Schema.Array(Schema.String))
})
/** Something more was said while the turn ran. */
export const SteeredEntry = Schema.TaggedStruct("Steered", { by: Schema.String, text: Schema.String })
/** A budget is nearly spent. */
export const WarnedEntry = Schema.TaggedStruct("Warned", { budget: Schema.String, detail: Schema.String })
/** Somebody wants it to stop. No tool starts after this entry. */
export const StopEntry = Schema.TaggedStruct("Stop", { by: Schema.String })
/** The end: always the last entry, and always there. */
export const EndedEntry = Schema.TaggedStruct("Ended", {
  outcome: TurnOutcome,
  /** Markdown for the asker. */
  text: Schema.String,
  /** Answers to choose from, when it ended with a question. */
  options: Schema.Array(Schema.String)
})

export const TurnFact = Schema.Union([
  AskedEntry,
  RoutedEntry,
  ModelEntry,
  StartedEntry,
  FinishedEntry,
  ApprovalEntry,
  DecidedEntry,
  SteeredEntry,
  WarnedEntry,
  StopEntry,
  EndedEntry
])
export type TurnFact = typeof TurnFact.Type

/** One line of a turn's record. `hash` covers the fact and the hash before it, so that no line can be changed unseen. */
export class TurnEntry extends Schema.Class<TurnEntry>("@productbuilding/agent/TurnEntry")({
  turnId: TurnId,
  /** From 1, without gaps. */
  number: Schema.Int,
  at: Schema.DateTimeUtcFromMillis,
  fact: TurnFact,
  hash: Schema.String
}) {}
