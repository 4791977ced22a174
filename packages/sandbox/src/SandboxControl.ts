/** What a sandbox holds and how it is steered, without a server. */
// @effect-diagnostics globalDate:off (the sandbox runs without Effect)

import { randomUUID } from "node:crypto"
import type { RequestFault, WebhookFault } from "./Faults.ts"
import { makeJson } from "./GitHubJson.ts"
import {
  changeTree,
  commitSha,
  readTree,
  type SandboxComment,
  type SandboxDelivery,
  type SandboxFile,
  type SandboxHook,
  type SandboxPullRequest,
  type SandboxRepository,
  type SandboxTree,
  type TreeChange
} from "./GitHubState.ts"
import { send } from "./WebhookSender.ts"

/** A pull request to open. */
export interface NewPullRequest {
  readonly title: string
  readonly body?: string
  readonly author?: string
  /** Default `change-{n}`. */
  readonly branch?: string
  readonly change?: TreeChange
  /** The full name of the fork that it comes from. */
  readonly fork?: string
  readonly draft?: boolean
}

/** The sandbox's own controls. None of them has a counterpart in GitHub's API; what they cause is seen through it. */
export interface SandboxControl {
  /** The base URL of the API: what `GITHUB_API_URL` is set to. */
  readonly url: string
  /** Adds `owner/name` with the content of a folder or a tree. */
  addRepository(
    fullName: string,
    content: string | SandboxTree,
    options?: { readonly private?: boolean }
  ): SandboxRepository
  addHook(
    fullName: string,
    hook: { readonly url: string; readonly secret?: string; readonly events?: ReadonlyArray<string> }
  ): SandboxHook
  openPullRequest(fullName: string, pull: NewPullRequest): SandboxPullRequest
  /** A push to a pull request's branch. Answers with the new head. */
  push(fullName: string, number: number, change: TreeChange): SandboxPullRequest
  close(fullName: string, number: number, options?: { readonly merge?: boolean }): SandboxPullRequest
  reopen(fullName: string, number: number): SandboxPullRequest
  comment(fullName: string, number: number, author: string, body: string): SandboxComment
  pullRequests(fullName: string): ReadonlyArray<SandboxPullRequest>
  comments(fullName: string, number: number): ReadonlyArray<SandboxComment>
  deliveries(fullName: string): ReadonlyArray<SandboxDelivery>
  /** Sends a delivery again, under its GUID. */
  redeliver(fullName: string, deliveryId: number): Promise<SandboxDelivery>
  fault(fault: RequestFault): void
  webhookFault(fault: WebhookFault): void
  /** How many writes the API has answered, by `METHOD path`. */
  readonly writes: ReadonlyMap<string, number>
  /** Resolves when no webhook is on its way. */
  settled(): Promise<void>
}

/** There is no such repository, pull request or delivery in the sandbox. */
export class SandboxMissing extends Error {
  override readonly name = "SandboxMissing"
}

const missing = (what: string): never => {
  throw new SandboxMissing(`The sandbox has no ${what}.`)
}

/** State and control without a server. */
export const makeControl = (api: () => string) => {
  const repositories = new Map<string, SandboxRepository>()
  const commits = new Map<string, SandboxTree>()
  const requestFaults: Array<RequestFault & { left: number }> = []
  const webhookFaults: Array<WebhookFault & { left: number }> = []
  const writes = new Map<string, number>()
  const underway = new Set<Promise<unknown>>()
  const held: Array<() => void> = []
  let lastId = 1000
  const nextId = () => ++lastId
  const now = () => new Date().toISOString().replace(/\.\d+Z$/, "Z")

  const repositoryOf = (fullName: string) =>
    repositories.get(fullName.toLowerCase()) ?? missing(`repository ${fullName}`)
  const pullOf = (fullName: string, number: number) =>
    repositoryOf(fullName).pulls.get(number) ?? missing(`pull request ${fullName}#${number}`)
  const commit = (parent: string, tree: SandboxTree) => {
    const sha = commitSha(parent, tree)
    commits.set(sha, tree)
    return sha
  }

  const deliver = async (
    repo: SandboxRepository,
    hook: SandboxHook,
    delivery: Pick<SandboxDelivery, "guid" | "event" | "action" | "payload" | "redelivery">
  ) => {
    const { durationSeconds, status } = await send({
      ...hook,
      hookId: hook.id,
      guid: delivery.guid,
      event: delivery.event,
      payload: delivery.payload
    })
    const done: SandboxDelivery = {
      ...delivery,
      id: nextId(),
      hookId: hook.id,
      deliveredAt: now(),
      status,
      durationSeconds
    }
    repo.deliveries.unshift(done)
    return done
  }

  const track = (work: Promise<unknown>) => {
    underway.add(work)
    void work.finally(() => underway.delete(work))
  }

  /** Sends an event to every hook that wants it; a fault may lose, double or hold it back. */
  const emit = (repo: SandboxRepository, event: string, action: string | null, payload: object) => {
    for (const hook of repo.hooks.values()) {
      if (!hook.events.includes("*") && !hook.events.includes(event)) continue
      const guid = randomUUID()
      const dispatch = () => track(deliver(repo, hook, { guid, event, action, payload, redelivery: false }))
      const fault = webhookFaults.find(({ left }) => left > 0)
      if (fault !== undefined) fault.left--
      if (fault?.kind === "lose") continue
      if (fault?.kind === "reorder") {
        held.push(dispatch)
        continue
      }
      dispatch()
      if (fault?.kind === "duplicate") dispatch()
      for (const late of held.splice(0)) late()
    }
  }

  const emitPull = (fullName: string, pull: SandboxPullRequest, action: string, more: object = {}) => {
    const repo = repositoryOf(fullName)
    const json = makeJson(api())
    emit(repo, "pull_request", action, {
      action,
      number: pull.number,
      ...more,
      pull_request: json.pull(repo, pull),
      repository: json.repository(repo),
      sender: json.user(pull.author)
    })
  }

  const change = (fullName: string, number: number, update: (pull: SandboxPullRequest) => void) => {
    const pull = pullOf(fullName, number)
    update(pull)
    pull.updatedAt = now()
    return pull
  }

  const control: SandboxControl = {
    get url() {
      return api()
    },
    writes,
    addRepository: (fullName, content, options) => {
      const [owner = "", name = ""] = fullName.split("/")
      const tree = typeof content === "string" ? readTree(content) : content
      const repo: SandboxRepository = {
        id: nextId(),
        owner,
        name,
        private: options?.private ?? false,
        mainSha: commit("", tree),
        pulls: new Map(),
        comments: new Map(),
        hooks: new Map(),
        deliveries: []
      }
      repositories.set(fullName.toLowerCase(), repo)
      return repo
    },
    addHook: (fullName, { events = ["*"], secret = "", url }) => {
      const hook: SandboxHook = { id: nextId(), url, events, secret }
      repositoryOf(fullName).hooks.set(hook.id, hook)
      return hook
    },
    openPullRequest: (fullName, options) => {
      const repo = repositoryOf(fullName)
      const number = repo.pulls.size + 1
      const parent = commits.get(repo.mainSha) ?? new Map<string, SandboxFile>()
      const pull: SandboxPullRequest = {
        id: nextId(),
        number,
        title: options.title,
        body: options.body ?? "",
        author: options.author ?? "octocat",
        headRef: options.branch ?? `change-${number}`,
        baseRef: "main",
        headRepository: options.fork ?? `${repo.owner}/${repo.name}`,
        headSha: commit(`${repo.mainSha}#${number}`, changeTree(parent, options.change ?? {})),
        baseSha: repo.mainSha,
        state: "open",
        draft: options.draft ?? false,
        mergedAt: null,
        closedAt: null,
        createdAt: now(),
        updatedAt: now()
      }
      repo.pulls.set(number, pull)
      emitPull(fullName, pull, "opened")
      return pull
    },
    push: (fullName, number, treeChange) => {
      const before = pullOf(fullName, number).headSha
      const pull = change(fullName, number, (one) => {
        one.headSha = commit(before, changeTree(commits.get(before) ?? new Map<string, SandboxFile>(), treeChange))
      })
      if (pull.state === "open") emitPull(fullName, pull, "synchronize", { before, after: pull.headSha })
      return pull
    },
    close: (fullName, number, options) => {
      const pull = change(fullName, number, (one) => {
        one.state = "closed"
        one.closedAt = now()
        one.mergedAt = options?.merge === true ? now() : null
      })
      emitPull(fullName, pull, "closed")
      return pull
    },
    reopen: (fullName, number) => {
      const pull = change(fullName, number, (one) => {
        one.state = "open"
        one.closedAt = null
      })
      emitPull(fullName, pull, "reopened")
      return pull
    },
    comment: (fullName, number, author, body) => {
      const repo = repositoryOf(fullName)
      const pull = pullOf(fullName, number)
      const comment: SandboxComment = { id: nextId(), issue: number, author, body, createdAt: now(), updatedAt: now() }
      repo.comments.set(comment.id, comment)
      const json = makeJson(api())
      emit(repo, "issue_comment", "created", {
        action: "created",
        issue: {
          number,
          title: pull.title,
          state: pull.state,
          pull_request: { url: json.pull(repo, pull).url },
          user: json.user(pull.author)
        },
        comment: json.comment(repo, comment),
        repository: json.repository(repo),
        sender: json.user(author)
      })
      return comment
    },
    pullRequests: (fullName) => Array.from(repositoryOf(fullName).pulls.values()),
    comments: (fullName, number) =>
      Array.from(repositoryOf(fullName).comments.values()).filter(({ issue }) => issue === number),
    deliveries: (fullName) => repositoryOf(fullName).deliveries,
    redeliver: async (fullName, deliveryId) => {
      const repo = repositoryOf(fullName)
      const delivery = repo.deliveries.find(({ id }) => id === deliveryId) ?? missing(`delivery ${deliveryId}`)
      const hook = repo.hooks.get(delivery.hookId) ?? missing(`hook ${delivery.hookId}`)
      const { action, event, guid, payload } = delivery
      return await deliver(repo, hook, { guid, event, action, payload, redelivery: true })
    },
    fault: (fault) => void requestFaults.push({ ...fault, left: fault.times }),
    webhookFault: (fault) => void webhookFaults.push({ ...fault, left: fault.times }),
    settled: async () => {
      for (const late of held.splice(0)) late()
      while (underway.size > 0) await Promise.all(underway)
    }
  }
  return { control, repositories, commits, requestFaults, writes, nextId, now, track, emit }
}

/** Everything behind the routes; only the listener needs it. */
export type SandboxState = ReturnType<typeof makeControl>
