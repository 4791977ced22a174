/** Talking to the agent: what bots, servers and commands call. */
import { type CodeHostError, OperationId } from "@productbuilding/core"
import { Clock, Context, Effect, Layer, Option, Schedule, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { WorkflowEngine } from "effect/workflow"
import { type Asked, Asker, type ConversationId } from "./Conversation.ts"
import { includes, Members, type Permission } from "./Members.ts"
import { personName, withoutSecrets } from "./OutsideText.ts"
import { type ApprovalEntry, type DecidedEntry, type Turn, TurnId } from "./Turn.ts"
import { recordOf } from "./TurnRecord.ts"
import { TurnRun } from "./TurnRun.ts"
import { type Received, type TurnNotFound, TurnStore, type TurnStoreError } from "./TurnStore.ts"

/** A decision does not count. `message` is for whoever made it. Not retryable. */
export class DecisionRefused extends Schema.TaggedError<DecisionRefused>()("DecisionRefused", {
  id: TurnId,
  reason: Schema.Literals([
    "nothing to decide",
    "changed",
    "expired",
    "not allowed",
    "not in the plan",
    "nothing left"
  ]),
  message: Schema.String
}) {}

export class Turns extends Context.Service<
  Turns,
  {
    /**
     * Takes a message up and returns; what comes of it is told by the turn's events. The same key is one message, however
     * often it is said. A secret in it is removed before anything is recorded.
     */
    say(asked: Asked): Effect.Effect<Received, TurnStoreError>
    /**
     * Approves or rejects what a turn waits for. Only the newest proposal counts, by its digest; only somebody whose own
     * permission on the code host suffices may, in every repository that would be changed, and that is asked for now. Guests
     * may not, nor whoever is in a shared channel that the asker was not in.
     */
    decide(
      id: TurnId,
      decision: {
        readonly digest: string
        readonly approve: boolean
        readonly by: Asker
        /**
         * Ids of proposed calls that are left out: the others run, each once. Refused where one is not in the plan, where
         * nothing is left, and for a budget. Whoever approves a part needs the permission for the whole. A rejection
         * leaves out everything, and so ignores it. Default: none.
         */
        readonly without?: ReadonlyArray<string>
      }
    ): Effect.Effect<Turn, DecisionRefused | CodeHostError | TurnNotFound | TurnStoreError>
    /** When it succeeds, nothing is written any more that had not been started. Idempotent. */
    stop(id: TurnId, by: string): Effect.Effect<Turn, TurnNotFound | TurnStoreError>
    /** As `stop`, for whatever is open in a conversation. */
    stopAll(conversation: ConversationId, by: string): Effect.Effect<ReadonlyArray<Turn>, TurnNotFound | TurnStoreError>
  }
>()("@productbuilding/agent/Turns") {}

/** A name stands in prompts and in records, and whoever has it chose it. */
const calledPlainly = (asker: Asker) => new Asker({ ...asker, name: personName(asker.name) })

/** `none` where there is none. */
const leastOf = ([first = "none", ...others]: ReadonlyArray<Permission>): Permission =>
  others.reduce((least, one) => (includes(least, one) ? one : least), first)

/** How often turns that stand still are looked for: approvals that expired, executions that died. */
const sweepEvery = "15 seconds"

const refuse = (id: TurnId, reason: DecisionRefused["reason"], message: string) =>
  new DecisionRefused({ id, reason, message })

/** Why a plan cannot be approved without these calls; `undefined` if it can. */
const unfitPart = ({ budget, calls }: typeof ApprovalEntry.Type, without: ReadonlyArray<string>) => {
  if (without.length === 0) return undefined
  if (budget !== undefined) {
    return {
      reason: "not in the plan",
      message: "This asks for more of a budget, which has no steps to leave out. Agree to it or do not."
    } as const
  }
  if (without.some((one) => calls.every(({ id }) => id !== one))) {
    return {
      reason: "not in the plan",
      message: `What is to be left out is not in the plan, which has ${calls.length === 1 ? "1 step" : `${calls.length} steps`}. Look at it again.`
    } as const
  }
  return calls.every(({ id }) => without.includes(id))
    ? ({ reason: "nothing left", message: "That leaves nothing to do. To do none of it, cancel it instead." } as const)
    : undefined
}

/** Turns that were open when the last server ended are taken up at once. */
export const layer: Layer.Layer<
  Turns,
  never,
  Members | SecureRandom.SecureRandom | TurnStore | WorkflowEngine.WorkflowEngine
> = Layer.effect(
  Turns,
  Effect.gen(function* () {
    const engine = yield* WorkflowEngine.WorkflowEngine
    const members = yield* Members
    const random = yield* SecureRandom.SecureRandom
    const store = yield* TurnStore

    const execute = ({ id, leg }: Turn) =>
      Effect.provideService(
        TurnRun.execute({ turnId: id, leg }, { discard: true }),
        WorkflowEngine.WorkflowEngine,
        engine
      )

    /** Starts the conversation's next turn, if none is running. */
    const proceed = Effect.fnUntraced(function* (conversation: ConversationId) {
      const next = yield* store.next(conversation)
      if (Option.isSome(next)) yield* execute(next.value)
    })

    const running = (turn: Turn) => (turn.state === "running" ? execute(turn) : Effect.void)

    const expire = Effect.fnUntraced(function* (turn: Turn) {
      const { approval } = recordOf(yield* store.entries(turn.id))
      if (approval?.verdict !== "open" || (yield* Clock.currentTimeMillis) < approval.entry.expiresAtMs) return
      yield* store
        .append(turn.id, [{ _tag: "Decided", digest: approval.entry.digest, verdict: "expired", by: "nobody" }])
        .pipe(
          Effect.flatMap(running),
          Effect.catchTag("TurnOver", () => Effect.void)
        )
    })

    /** NOTE: an execution that has ended while its turn runs has died, as it does when the database was away. */
    const takeUp = Effect.fnUntraced(function* (turn: Turn) {
      const execution = yield* TurnRun.executionId({ turnId: turn.id, leg: turn.leg })
      const result = yield* engine.poll(TurnRun, execution)
      const over = Option.isSome(result) && result.value._tag === "Complete"
      yield* execute(over ? yield* store.nextLeg(turn) : turn)
    })

    const sweep = Effect.gen(function* () {
      for (const turn of yield* store.open) {
        if (turn.state === "queued") yield* proceed(turn.conversation)
        if (turn.state === "running") yield* takeUp(turn)
        if (turn.state === "waiting") yield* expire(turn)
      }
    }).pipe(Effect.catchCause((cause) => Effect.logWarning("Open turns could not be looked at", cause)))

    yield* sweep.pipe(Effect.repeat(Schedule.spaced(sweepEvery)), Effect.forkScoped)

    const stop = Effect.fn("Turns.stop")(function* (id: TurnId, whoever: string) {
      const by = personName(whoever)
      const { stoppedBy } = recordOf(yield* store.entries(id))
      const turn = yield* store.get(id)
      if (turn.state === "ended" || stoppedBy !== undefined) return turn
      const stopped = yield* store
        .append(id, turn.state === "queued" ? [{ _tag: "Stop", by }, stoppedBeforeItBegan(by)] : [{ _tag: "Stop", by }])
        .pipe(Effect.catchTag("TurnOver", () => store.get(id)))
      yield* running(stopped)
      return stopped
    })

    return Turns.of({
      say: Effect.fn("Turns.say")(function* (asked: Asked) {
        const id = OperationId.make(yield* random.uuidV7())
        // NOTE: a secret that somebody pastes must not reach the record, nor a model's provider.
        const received = yield* store.receive(
          { ...asked, asker: calledPlainly(asked.asker), text: withoutSecrets(asked.text) },
          id
        )
        yield* received.receipt === "opened" ? proceed(asked.conversation) : running(received.turn)
        return received
      }),
      decide: Effect.fn("Turns.decide")(function* (id, { approve, by: whoever, digest, without = [] }) {
        const by = calledPlainly(whoever)
        const turn = yield* store.get(id)
        const entries = yield* store.entries(id)
        const { approval } = recordOf(entries)
        if (approval === undefined || approval.verdict !== "open") {
          return yield* refuse(id, "nothing to decide", "There is nothing to decide any more.")
        }
        if (approval.entry.digest !== digest) {
          return yield* refuse(id, "changed", "This was changed since. Look at the newest proposal.")
        }
        if ((yield* Clock.currentTimeMillis) >= approval.entry.expiresAtMs) {
          yield* expire(turn)
          return yield* refuse(id, "expired", "It took too long, so this is void. Ask again.")
        }
        const needed = approval.entry.permission
        const repositories = approval.entry.repositories ?? (turn.repository === null ? [] : [turn.repository])
        const login = by.guest || (by.sharedChannel && !turn.asker.sharedChannel) ? null : by.login
        const permissions =
          login === null
            ? []
            : yield* Effect.forEach(repositories, (repository) => members.permission(repository, login))
        const has = leastOf(permissions)
        const isAsker = by.id === turn.asker.id
        // NOTE: to say no to oneself needs no permission.
        if (!includes(has, needed) && (approve || !isAsker)) {
          return yield* refuse(
            id,
            "not allowed",
            `${by.name} has the permission "${has}" in ${repositories.join(" and ") || "no repository"}; this needs "${needed}".`
          )
        }
        const unfit = approve ? unfitPart(approval.entry, without) : undefined
        if (unfit !== undefined) return yield* refuse(id, unfit.reason, unfit.message)
        const left = approve ? approval.entry.calls.flatMap((call) => (without.includes(call.id) ? [call.id] : [])) : []
        const decided: typeof DecidedEntry.Type = {
          _tag: "Decided",
          digest,
          verdict: approve ? "approved" : "rejected",
          by: by.name,
          ...(left.length === 0 ? {} : { without: left })
        }
        const taken = yield* store.appendAfter(id, entries.length, decided).pipe(
          Effect.catchTags({
            TurnMoved: () => refuse(id, "changed", "Something happened to it just now. Look at it again."),
            TurnOver: () =>
              refuse(id, "nothing to decide", "The turn was stopped, so there is nothing to decide any more.")
          })
        )
        yield* running(taken)
        return taken
      }),
      stop,
      stopAll: Effect.fn("Turns.stopAll")(function* (conversation: ConversationId, by: string) {
        const open = yield* store.open
        return yield* Effect.forEach(
          open.filter((turn) => turn.conversation === conversation),
          ({ id }) => stop(id, by)
        )
      })
    })
  })
)

const stoppedBeforeItBegan = (by: string) => ({
  _tag: "Ended" as const,
  outcome: "stopped" as const,
  text: `Stopped by ${by} before it began. Nothing was changed.`,
  options: []
})
