/** Somebody changes what the agent wants to do before they agree to it: the modal is opened, and what they send is taken up. */
import {
  type ApprovalEntry,
  type Asked,
  type Asker,
  recordOf,
  type TurnId,
  type TurnStore,
  type Turns
} from "@productbuilding/agent"
import { Decision, type DeliveryId } from "@productbuilding/core"
import { Effect } from "effect"
import { type PlanChange, planModal, saidWith } from "./PlanModal.ts"
import { callSlack } from "./SlackClient.ts"
import type { SlackWorkspace } from "./SlackWorkspace.ts"
import { placeOfConversation } from "./TurnRoute.ts"

/** Where a hint is shown, and to whom alone. */
export interface HintPlace {
  readonly channel: string
  readonly threadTs: string
  readonly user: string
}

/** A click that asks for the modal. */
export interface PlanClick extends HintPlace {
  readonly turn: TurnId
  readonly digest: string
  /** What opens it, for three seconds. */
  readonly triggerId: string | null
  /** Whether another organisation reads along there. */
  readonly shared: boolean
}

export interface PlanChangesOptions<E> {
  readonly workspace: SlackWorkspace
  readonly turns: Turns["Service"]
  readonly store: TurnStore["Service"]
  readonly askerOf: (team: string, user: string, shared: boolean) => Effect.Effect<Asker, E>
  /** What a thread is about. */
  readonly placeOf: (channel: string, threadTs: string) => Effect.Effect<Pick<Asked, "about" | "repository">, E>
  /** Says something to one person. Never fails: what counts is in the decision. */
  readonly tell: (place: HintPlace, text: string) => Effect.Effect<void>
}

const decided = (outcome: Decision["outcome"], reason: string, subject: string) =>
  new Decision({ outcome, reason, subject })

const isOver = "There is nothing to decide any more."
const isChanged = "This was changed since. Look at the newest proposal."
const notOpened =
  "Slack did not let me show you the plan to change it. Mention me here and say what should be different, and I make another plan."

/** What opens the modal, and what takes it up. */
export const make = <E>({ askerOf, placeOf, store, tell, turns, workspace }: PlanChangesOptions<E>) => {
  /** What was proposed under the digest, whether or not it still counts. */
  const proposalOf = Effect.fnUntraced(function* (turn: TurnId, digest: string) {
    const entries = yield* store.entries(turn)
    const plan = entries
      .flatMap(({ fact }): ReadonlyArray<typeof ApprovalEntry.Type> => (fact._tag === "Approval" ? [fact] : []))
      .find((one) => one.digest === digest)
    return { plan, approval: recordOf(entries).approval }
  })

  /** Shows the modal, unless what it would change does not count any more. */
  const open = Effect.fn("PlanChanges.open")(function* (click: PlanClick) {
    const { digest, shared, triggerId, turn } = click
    const { approval, plan } = yield* proposalOf(turn, digest)
    if (plan === undefined || approval?.entry.digest !== digest || approval.verdict !== "open") {
      const refusal = approval?.verdict === "open" ? isChanged : isOver
      yield* tell(click, refusal)
      return decided("ignored", refusal, turn)
    }
    const view = planModal(turn, plan, { shared })
    const shown = callSlack(() => workspace.client.views.open({ trigger_id: triggerId ?? "", view }))
    return yield* shown.pipe(
      Effect.as(decided("accepted", "The plan is shown, to be changed", turn)),
      // NOTE: a click opens one modal within three seconds: to try it again cannot help.
      Effect.catchTag("SinkError", ({ reason }) => {
        const why = "detail" in reason ? reason.detail : "too many calls"
        return Effect.as(tell(click, notOpened), decided("ignored", `Slack opened no modal: ${why}`, turn))
      })
    )
  })

  /** Approves what is ticked; or, when something is said with it, has another plan made. */
  const take = Effect.fn("PlanChanges.take")(function* (delivery: DeliveryId, change: PlanChange, shared: boolean) {
    const { digest, team, ticked, turn: id, user, words } = change
    const turn = yield* store.get(id)
    const place = placeOfConversation(turn.conversation)
    if (place === undefined) return decided("ignored", "That turn is not held in Slack", id)
    const { channel, threadTs } = place
    const where = { channel, threadTs, user }
    const { plan } = yield* proposalOf(id, digest)
    if (plan === undefined) {
      yield* tell(where, isChanged)
      return decided("ignored", isChanged, turn.conversation)
    }
    const asker = yield* askerOf(team, user, change.shared || shared)
    if (words !== "") {
      const said = yield* turns.say({
        conversation: turn.conversation,
        key: delivery,
        asker,
        ...(yield* placeOf(channel, threadTs)),
        text: saidWith(plan, change)
      })
      if (said.turn.id !== id && (yield* store.get(id)).state === "waiting") {
        yield* tell(
          where,
          `${turn.asker.name} asked for this plan, so it still waits as it is. I come to what you said once it is decided.`
        )
      }
      return decided("accepted", `${asker.name} wants something else: turn ${said.turn.id}`, turn.conversation)
    }
    const without = plan.calls.flatMap((call) => (ticked.has(call.id) ? [] : [call.id]))
    const done = without.length === 0 ? "approved it" : `approved it without ${without.length} of ${plan.calls.length}`
    return yield* turns.decide(id, { digest, approve: true, by: asker, without }).pipe(
      Effect.as(decided("accepted", `${asker.name} ${done}`, turn.conversation)),
      Effect.catchTag("DecisionRefused", ({ message }) =>
        Effect.as(tell(where, message), decided("ignored", message, turn.conversation))
      )
    )
  })

  return { open, take }
}
