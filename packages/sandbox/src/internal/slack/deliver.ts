/** Brings events and interactions to the app, over HTTP or Socket Mode; tries again as Slack does, and goes wrong on demand. */
import { randomBytes } from "node:crypto"
import { setTimeout as after } from "node:timers/promises"
import { SandboxRefused } from "../../SandboxControl.ts"
import type { SlackDelivery } from "../../SlackState.ts"
import { takeFault } from "../state.ts"
import { postToApp } from "./post.ts"
import type { Sockets } from "./sockets.ts"
import type { SlackWorkspace } from "./state.ts"
import { compact, type Fields, fieldOf, parseJson, textOf } from "./values.ts"

type About = Pick<SlackDelivery, "id" | "kind" | "type" | "payload">

interface Attempt {
  readonly delivery: SlackDelivery
  /** Why it has to be sent again; `null` when it need not be. */
  readonly again: string | null
}

const form = "application/x-www-form-urlencoded"

export const makeDeliver = (state: SlackWorkspace, sockets: Sockets) => {
  const underway = new Set<Promise<unknown>>()
  const stopping = new AbortController()
  const held: Array<() => void> = []
  let requestUrl: string | undefined
  let interactivityUrl: string | undefined
  let hour = { startsAtMs: 0, sent: 0, toldMinute: 0 }

  const track = <A>(work: Promise<A>): Promise<A> => {
    underway.add(work)
    const done = () => void underway.delete(work)
    work.then(done, done)
    return work
  }

  const record = (delivery: SlackDelivery) => {
    state.deliveries.push(delivery)
    return delivery
  }

  const overHttp = async (url: string, about: About, attempt: number, reason: string | null): Promise<Attempt> => {
    const sentAtMs = state.now()
    const json = JSON.stringify(about.payload)
    const interaction = about.kind === "interaction"
    const answer = await postToApp({
      url,
      signingSecret: state.signingSecret,
      atSeconds: Math.floor(sentAtMs / 1000),
      contentType: interaction ? form : "application/json",
      body: interaction ? new URLSearchParams({ payload: json }).toString() : json,
      deadlineMs: state.ackDeadlineMs,
      signal: stopping.signal,
      headers:
        reason === null || attempt === 0 ? {} : { "x-slack-retry-num": String(attempt), "x-slack-retry-reason": reason }
    })
    const { body: responseBody, outcome, status } = answer
    const delivery = { ...about, transport: "http", attempt, retryReason: reason, sentAtMs, status, outcome } as const
    return { delivery: record({ ...delivery, responseBody }), again: answer.noRetry ? null : answer.failure }
  }

  const overSocket = async (about: About, attempt: number, reason: string | null): Promise<Attempt> => {
    const sentAtMs = state.now()
    const outcome = await sockets.send({
      type: about.kind === "interaction" ? "interactive" : "events_api",
      payload: about.payload,
      accepts_response_payload: about.type === "view_submission",
      ...(about.kind === "interaction" ? {} : { retry_attempt: attempt, retry_reason: reason ?? "" })
    })
    const acknowledged = outcome._tag === "Acknowledged"
    const delivery = record({
      ...about,
      transport: "socket",
      attempt,
      retryReason: reason,
      sentAtMs,
      status: acknowledged ? 200 : 0,
      outcome: acknowledged ? "OK" : outcome._tag === "TimedOut" ? "timed out" : "no socket",
      responseBody: acknowledged && outcome.payload !== undefined ? JSON.stringify(outcome.payload) : ""
    })
    return { delivery, again: acknowledged ? null : "timeout" }
  }

  const attempt = (about: About, count: number, reason: string | null): Promise<Attempt> => {
    const url = about.kind === "interaction" ? (interactivityUrl ?? requestUrl) : requestUrl
    return url === undefined ? overSocket(about, count, reason) : overHttp(url, about, count, reason)
  }

  const pause = (ms: number) =>
    after(ms, true, { signal: stopping.signal }).catch(() => {
      // NOTE: the sandbox stops, so that nothing is sent any more.
      return false
    })

  /** Until the app has it, or Slack gives up. */
  const persist = async (about: About) => {
    let last = await attempt(about, 0, null)
    for (const [index, delayMs] of state.retryDelaysMs.entries()) {
      if (last.again === null || !(await pause(delayMs))) return
      last = await attempt(about, index + 1, last.again)
    }
  }

  const releaseAll = () => {
    for (const dispatch of held.splice(0)) dispatch()
  }

  const dispatch = (about: About) => {
    const waiting = held.splice(0)
    const sent = track(persist(about))
    const next = () => {
      for (const one of waiting) one()
    }
    void sent.then(next, next)
  }

  /** Whether this hour's allowance is used up; says so once a minute. */
  const overAllowance = (): boolean => {
    const atMs = state.now()
    if (atMs - hour.startsAtMs >= 3_600_000) hour = { startsAtMs: atMs, sent: 0, toldMinute: 0 }
    hour.sent += 1
    if (hour.sent <= state.eventsPerHour) return false
    const minute = Math.floor(atMs / 60_000)
    if (minute !== hour.toldMinute) {
      hour.toldMinute = minute
      const payload = {
        token: "sandbox",
        type: "app_rate_limited",
        team_id: state.teamId,
        minute_rate_limited: minute * 60,
        api_app_id: state.appId
      }
      dispatch({ id: state.nextId("Ev"), kind: "event", type: "app_rate_limited", payload })
    }
    return true
  }

  return {
    event: (event: Fields) => {
      // NOTE: before an app has said where it listens there is nobody to bring anything to, now or later.
      if ((requestUrl === undefined && !sockets.used()) || overAllowance()) return
      const type = textOf(event["type"])
      const id = state.nextId("Ev")
      const payload = {
        token: "sandbox",
        team_id: state.teamId,
        context_team_id: state.teamId,
        context_enterprise_id: null,
        api_app_id: state.appId,
        event,
        type: "event_callback",
        event_id: id,
        event_time: Math.floor(state.now() / 1000),
        authorizations: [
          {
            enterprise_id: null,
            team_id: state.teamId,
            user_id: state.bot.id,
            is_bot: true,
            is_enterprise_install: false
          }
        ],
        is_ext_shared_channel: false,
        event_context: `4-${randomBytes(12).toString("base64url")}`
      }
      const send = () => dispatch({ id, kind: "event", type, payload })
      const fault = takeFault(state.eventFaults, (one) => one.event === undefined || one.event === type)
      switch (fault?.kind) {
        case "lose":
          return
        case "reorder":
          return void held.push(send)
        case "delay":
          return void track(pause(fault.delayMs ?? 1000).then((goOn) => (goOn ? send() : undefined)))
        case "duplicate":
          for (let copy = 0; copy < (fault.copies ?? 2); copy++) send()
          return
        default:
          return send()
      }
    },
    /** Sent once, like a click. */
    interaction: async (type: string, payload: Fields): Promise<SlackDelivery> => {
      const about = { id: state.nextId("In"), kind: "interaction", type, payload } as const
      return (await track(attempt(about, 0, null))).delivery
    },
    setRequestUrl: async (url: string) => {
      if (!URL.canParse(url)) throw new SandboxRefused({ message: `“${url}” is no URL.` })
      const challenge = randomBytes(24).toString("base64url")
      const payload = compact({ token: "sandbox", challenge, type: "url_verification" })
      const about = { id: state.nextId("Ev"), kind: "verification", type: "url_verification", payload } as const
      const { delivery } = await track(overHttp(url, about, 0, null))
      const echoed = textOf(fieldOf(parseJson(delivery.responseBody), "challenge")) || delivery.responseBody.trim()
      if (delivery.status !== 200 || echoed !== challenge) {
        throw new SandboxRefused({
          message: `${url} did not answer with the challenge (${delivery.outcome}): ${delivery.responseBody.slice(0, 200)}`
        })
      }
      requestUrl = url
    },
    setInteractivityUrl: (url: string) => {
      if (!URL.canParse(url)) throw new SandboxRefused({ message: `“${url}” is no URL.` })
      interactivityUrl = url
    },
    useSocketMode: () => {
      requestUrl = undefined
      interactivityUrl = undefined
    },
    releaseAll,
    settled: async () => {
      releaseAll()
      while (underway.size > 0) await Promise.allSettled(underway)
    },
    stop: async () => {
      held.length = 0
      stopping.abort()
      while (underway.size > 0) await Promise.allSettled(underway)
    }
  }
}

export type Deliver = ReturnType<typeof makeDeliver>
