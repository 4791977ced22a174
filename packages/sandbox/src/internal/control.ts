/** The controls: what people do on GitHub, done without it. */
import { Option, Schema } from "effect"
import { HeadFault, RequestFault, WebhookFault } from "../Faults.ts"
import { type SandboxControl, SandboxMissing, SandboxRefused } from "../SandboxControl.ts"
import { type Doings, makeActivityControl } from "./activity.ts"
import { pingEvent } from "./events.ts"
import { type Hook, type Repository, viewHook, viewRepository } from "./state.ts"
import { threadOf } from "./threads.ts"
import type { Webhooks } from "./webhooks.ts"

const decodeFault = Schema.decodeUnknownOption(RequestFault)
const decodeHeadFault = Schema.decodeUnknownOption(HeadFault)
const decodeWebhookFault = Schema.decodeUnknownOption(WebhookFault)

/** The controls of one sandbox. */
export const makeControl = (doings: Doings, webhooks: Webhooks): SandboxControl => {
  const { comments, pulls, state } = doings

  const hookOf = (repo: Repository, id: number): Hook => {
    const hook = repo.hooks.get(id)
    if (hook === undefined) throw new SandboxMissing({ what: `hook ${id} of ${repo.fullName}` })
    return hook
  }

  return {
    ...makeActivityControl(doings),
    get url() {
      return state.api()
    },
    writes: state.writes,
    addRepository: (fullName, content, options) =>
      viewRepository(state.addRepository(fullName, content, options?.private ?? false)),
    repositories: () => Array.from(state.repositories.values(), viewRepository),
    addHook: (fullName, { app = false, events = ["*"], secret = state.webhookSecret, url }) => {
      if (!URL.canParse(url)) throw new SandboxRefused({ message: `“${url}” is no URL.` })
      const id = state.nextId()
      const hook = {
        id,
        url,
        events,
        app,
        secret,
        signed: secret !== "",
        createdAt: state.now(),
        lastStatus: undefined
      }
      state.repository(fullName).hooks.set(id, hook)
      return viewHook(hook)
    },
    ping: (fullName, hookId) => {
      const repo = state.repository(fullName)
      const hook = hookOf(repo, hookId)
      webhooks.offer(repo, hook, "ping", null, pingEvent(state, repo, hook))
    },
    openPullRequest: (fullName, pull) => pulls.open(state.repository(fullName), pull),
    push: (fullName, number, content) => {
      const repo = state.repository(fullName)
      return pulls.push(repo, state.pull(repo, number), content)
    },
    pushBranch: (fullName, branch, content, author) =>
      pulls.pushBranch(state.repository(fullName), branch, content, author),
    close: (fullName, number, options) => {
      const repo = state.repository(fullName)
      return pulls.close(repo, state.pull(repo, number), options)
    },
    reopen: (fullName, number) => {
      const repo = state.repository(fullName)
      return pulls.reopen(repo, state.pull(repo, number))
    },
    comment: (fullName, number, author, body) => comments.create(state.repository(fullName), number, author, body),
    pullRequests: (fullName) => Array.from(state.repository(fullName).pulls.values()),
    comments: (fullName, number) => {
      const repo = state.repository(fullName)
      const thread = threadOf(repo, number)
      return Array.from(repo.comments.values()).filter(({ issue }) => issue === thread.number)
    },
    setPermission: (fullName, login, permission) =>
      void state.repository(fullName).permissions.set(login.toLowerCase(), permission),
    deliveries: (fullName) => Array.from(state.repository(fullName).deliveries),
    redeliver: async (fullName, deliveryId) => {
      const repo = state.repository(fullName)
      const delivery = repo.deliveries.find(({ id }) => id === deliveryId)
      if (delivery === undefined) throw new SandboxMissing({ what: `delivery ${deliveryId} of ${repo.fullName}` })
      return await webhooks.redeliver(repo, hookOf(repo, delivery.hookId), delivery)
    },
    fault: (fault) => {
      const valid = Option.getOrThrowWith(decodeFault(fault), () => refusedFault(fault))
      state.requestFaults.push({ ...valid, left: valid.times })
    },
    webhookFault: (fault) => {
      const valid = Option.getOrThrowWith(decodeWebhookFault(fault), () => refusedFault(fault))
      state.webhookFaults.push({ ...valid, left: valid.times })
    },
    headFault: (fault) => {
      const valid = Option.getOrThrowWith(decodeHeadFault(fault), () => refusedFault(fault))
      state.headFaults.push({ ...valid, left: valid.times })
    },
    clearFaults: () => {
      state.headFaults.length = 0
      state.formerHeads.clear()
      state.requestFaults.length = 0
      state.webhookFaults.length = 0
      webhooks.releaseAll()
    },
    writesOf: (fullName) => {
      const { writes } = state.repository(fullName)
      return {
        total: Array.from(writes.values()).reduce((sum, count) => sum + count, 0),
        requests: Object.fromEntries(writes)
      }
    },
    settled: webhooks.settled
  }
}

const refusedFault = (fault: object) =>
  new SandboxRefused({ message: `${JSON.stringify(fault)} is no fault that the sandbox knows.` })
