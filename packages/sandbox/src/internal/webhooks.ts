/** Sends events to the hooks that want them, with the faults that were asked for, and remembers what became of it. */
import { randomUUID } from "node:crypto"
import { setTimeout as after } from "node:timers/promises"
import type { Schema } from "effect"
import type { SandboxDelivery } from "../GitHubState.ts"
import { installationIdOf, nodeId } from "./json/accounts.ts"
import { send } from "./send.ts"
import { type Hook, type Repository, type State, takeFault } from "./state.ts"

/** Larger payloads are never sent. https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap (read 2026-11-21) */
const maxPayloadBytes = 25 * 1024 * 1024

type Message = Pick<SandboxDelivery, "guid" | "event" | "action" | "payload" | "redelivery">

/** The sending half of one sandbox. */
export const makeWebhooks = (state: State) => {
  const underway = new Set<Promise<unknown>>()
  const held: Array<{ readonly hookId: number; readonly event: string; readonly dispatch: () => void }> = []
  const stopping = new AbortController()

  const deliver = async (repo: Repository, hook: Hook, message: Message): Promise<SandboxDelivery> => {
    const delivery = {
      ...message,
      id: state.nextId(),
      hookId: hook.id,
      deliveredAt: state.now(),
      ...(await send({
        url: hook.url,
        secret: hook.secret,
        body: Buffer.from(JSON.stringify(message.payload)),
        signal: stopping.signal,
        headers: {
          "X-GitHub-Delivery": message.guid,
          "X-GitHub-Event": message.event,
          "X-GitHub-Hook-ID": String(hook.id),
          "X-GitHub-Hook-Installation-Target-ID": String(hook.app ? state.app.id : repo.id),
          "X-GitHub-Hook-Installation-Target-Type": hook.app ? "integration" : "repository"
        }
      }))
    }
    hook.lastStatus = delivery.status
    repo.deliveries.unshift(delivery)
    return delivery
  }

  const track = <A>(work: Promise<A>): Promise<A> => {
    underway.add(work)
    const done = () => void underway.delete(work)
    work.then(done, done)
    return work
  }

  const release = (matches: (one: { readonly hookId: number; readonly event: string }) => boolean) => {
    const due = held.filter(matches)
    for (const one of due) held.splice(held.indexOf(one), 1)
    for (const { dispatch } of due) dispatch()
  }

  /** One event for one hook. */
  const offer = (repo: Repository, hook: Hook, event: string, action: string | null, payload: Schema.JsonObject) => {
    if (!hook.events.includes("*") && !hook.events.includes(event) && event !== "ping") return
    const full = hook.app
      ? {
          ...payload,
          installation: {
            id: installationIdOf(repo.owner),
            node_id: nodeId("Installation", installationIdOf(repo.owner))
          }
        }
      : payload
    if (Buffer.byteLength(JSON.stringify(full)) > maxPayloadBytes) return
    const message: Message = { guid: randomUUID(), event, action, payload: full, redelivery: false }
    const dispatch = () => {
      const sent = track(deliver(repo, hook, message))
      void sent.then(() => release((one) => one.hookId === hook.id && one.event === event))
    }
    const fault = takeFault(state.webhookFaults, (one) => one.event === undefined || one.event === event)
    switch (fault?.kind) {
      case "lose":
        return
      case "reorder":
        return void held.push({ hookId: hook.id, event, dispatch })
      case "delay":
        return void track(after(fault.delayMs ?? 1000, undefined, { signal: stopping.signal }).then(dispatch, () => {}))
      case "duplicate":
        dispatch()
        return dispatch()
      default:
        return dispatch()
    }
  }

  return {
    track,
    offer,
    emit: (repo: Repository, event: string, action: string | null, payload: Schema.JsonObject) => {
      for (const hook of repo.hooks.values()) offer(repo, hook, event, action, payload)
    },
    redeliver: (repo: Repository, hook: Hook, { action, event, guid, payload }: SandboxDelivery) =>
      track(deliver(repo, hook, { guid, event, action, payload, redelivery: true })),
    /** Sends what `reorder` holds back. */
    releaseAll: () => release(() => true),
    settled: async () => {
      release(() => true)
      while (underway.size > 0) await Promise.allSettled(underway)
    },
    /** Ends every wait for a receiver. */
    stop: async () => {
      held.length = 0
      stopping.abort()
      while (underway.size > 0) await Promise.allSettled(underway)
    }
  }
}

export type Webhooks = ReturnType<typeof makeWebhooks>
