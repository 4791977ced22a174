/** `agent replay` */
import { NodeCrypto } from "@effect/platform-node"
import { offlineSpecialistsLayer, type Replayed, replay, TurnAudit } from "@productbuilding/agent"
import { amountOf } from "@productbuilding/agent/BudgetWords"
import { TurnFact } from "@productbuilding/agent/Turn"
import { count, turnWords } from "@productbuilding/server/pages/TurnSteps"
import { TurnDetail } from "@productbuilding/server/TurnReport"
import { Console, Effect, FileSystem, Layer, Schema } from "effect"
import { CommandFailure, saidWrong } from "../CommandFailure.ts"
import { hint, lineWidth, oneLine, palette, printJson, wrap } from "../Output.ts"
import { Server } from "../Server.ts"
import { findTurnId } from "../TurnReference.ts"

const decodeRecord = Schema.decodeEffect(Schema.fromJsonString(TurnDetail))

const Result = Schema.Struct({
  turn: Schema.String,
  end: Schema.Literals(["same", "open", "cut off", "differs"]),
  agreed: Schema.Int,
  decisions: Schema.Int,
  otherPrompts: Schema.Array(Schema.Int),
  brokenAt: Schema.NullOr(Schema.Int),
  difference: Schema.NullOr(
    Schema.Struct({
      number: Schema.Int,
      recorded: Schema.NullOr(TurnFact),
      /** `null`: to ask the model. */
      decided: Schema.NullOr(TurnFact)
    })
  )
})

const readRecord = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(
    fs.readFileString(file),
    ({ reason }) => new CommandFailure({ kind: "usage", message: `${file} cannot be read (${reason._tag}).` })
  )
  return yield* Effect.mapError(
    decodeRecord(text),
    () =>
      new CommandFailure({
        kind: "wrong",
        message: `${file} is no turn's record of this version. \`productbuilding agent show <id> --json > ${file}\` writes one.`
      })
  )
})

const readTurn = Effect.fnUntraced(function* (text: string) {
  const server = yield* Server
  const id = yield* findTurnId(text)
  return yield* server.call((api) => api.agent.turn({ params: { id }, query: {} }))
})

/** A decision in one line. */
const describe = (fact: TurnFact | undefined): string => {
  if (fact === undefined) return "to ask the model"
  switch (fact._tag) {
    case "Routed":
      return `to route to ${fact.specialist}, ${Math.round(fact.confidence * 100)} % sure`
    case "Model":
      return `to ask the model (${fact.purpose})${fact.calls.length === 0 ? "" : `, which wants ${fact.calls.map(({ tool }) => tool).join(", ")}`}`
    case "Started":
      return `to run ${fact.call.tool} ${JSON.stringify(fact.call.params)}`
    case "Finished":
      return `call ${fact.callId} ${fact.failed ? "is refused or fails" : "has run"}: ${JSON.stringify(fact.result)}`
    case "Approval":
      if (fact.budget !== undefined) {
        return `to ask for ${amountOf(fact.budget.unit, fact.budget.more)} more (${fact.permission})`
      }
      return `to ask for consent (${fact.permission}) to ${fact.calls.map(({ summary }) => summary).join("; ")}`
    case "Ended":
      return `to end: ${turnWords({ state: "ended", outcome: fact.outcome }).word}. ${fact.text}`
    default:
      return `${fact._tag}, which came from outside`
  }
}

const verdict = (replayed: Replayed, entries: number): string => {
  const { agreed, decisions, difference, end } = replayed
  const how = `${count(decisions)} ${decisions === 1 ? "decision" : "decisions"} in ${count(agreed)} of ${count(entries)} entries`
  switch (end) {
    case "same":
      return `The code of today decides all the same: ${how}.`
    case "open":
      return `The code of today decides all the same as far as the record goes: ${how}. The turn has not ended.`
    case "cut off":
      return `The code of today decides all the same: ${how}. The turn's end came from outside: its provider, its budget, its time, or a defect.`
    case "differs":
      return `The code of today goes another way at entry ${difference?.number ?? agreed + 1}, after ${how}.`
  }
}

/** Runs a turn again from its record. Ends with 1 where the code goes another way, or the record is not whole. */
export const agentReplay = Effect.fnUntraced(function* (options: { readonly record: string; readonly json: boolean }) {
  const record = yield* options.record.endsWith(".json") ? readRecord(options.record) : readTurn(options.record)
  const [replayed, brokenAt] = yield* Effect.all([
    replay(record),
    // What was decoded encodes, and SHA-256 is always there.
    Effect.orDie(TurnAudit.brokenAt(record.turn, record.entries))
  ]).pipe(Effect.provide(Layer.merge(offlineSpecialistsLayer, NodeCrypto.layer)))
  const { difference, end, otherPrompts } = replayed
  if (options.json) {
    yield* printJson(Result, {
      ...replayed,
      turn: record.turn.id,
      brokenAt: brokenAt ?? null,
      difference:
        difference === undefined
          ? null
          : {
              number: difference.number,
              recorded: difference.recorded ?? null,
              decided: difference.decided ?? null
            }
    })
  } else {
    const colors = yield* palette
    const width = yield* lineWidth
    const print = (text: string, paint: (line: string) => string = (line) => line) =>
      Console.log(wrap(oneLine(text), width).map(paint).join("\n"))
    yield* print(verdict(replayed, record.entries.length), end === "differs" ? colors.bad : colors.good)
    if (difference !== undefined) {
      yield* print(`- then: ${describe(difference.recorded)}`, colors.bad)
      yield* print(`+ now: ${describe(difference.decided)}`, colors.good)
    }
    if (brokenAt !== undefined) {
      yield* print(`The record is broken at entry ${brokenAt}: it is not as it was written.`, colors.bad)
    }
    if (otherPrompts.length > 0) {
      yield* hint(
        `\nThe prompts of the model calls at ${otherPrompts.length === 1 ? "entry" : "entries"} ${otherPrompts.join(", ")} would be others today: what was said before the turn is not in its record, or instructions have changed.`
      )
    }
  }
  if (end === "differs" || brokenAt !== undefined) return yield* saidWrong
})
