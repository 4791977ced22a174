/** A sandbox's controls over HTTP: for another process, and for Effect. */
import { Context, Effect, Layer, Schema } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import type { RemoteActivityControl } from "./ActivityControl.ts"
import type { HeadFault, RequestFault, WebhookFault } from "./Faults.ts"
import { GitHubSandbox } from "./GitHubSandbox.ts"
import {
  SandboxComment,
  SandboxDelivery,
  SandboxHook,
  type SandboxPermission,
  SandboxPullRequest,
  SandboxRepository,
  SandboxWrites,
  type TreeChange
} from "./GitHubState.ts"
import { makeActivityClient, repositoryPath } from "./internal/activityClient.ts"
import * as Bodies from "./internal/controlBodies.ts"
import { type Body, makeWire, type SandboxClientError } from "./internal/wire.ts"
import type { NewHook } from "./SandboxControl.ts"

export { type SandboxClientError, SandboxUnreachable } from "./internal/wire.ts"

type Answer<A> = Effect.Effect<A, SandboxClientError>

/** A commit: changes of files on top of the parent, or a folder of the sandbox's machine that it becomes as a whole. */
export type RemoteContent =
  | { readonly change?: TreeChange; readonly folder?: never }
  | { readonly folder: string; readonly change?: never }

/** What `SandboxControl` does, at a distance. Its documentation holds for the methods here. */
export class SandboxClient extends Context.Service<
  SandboxClient,
  RemoteActivityControl<SandboxClientError> & {
    /** The base URL of the API. */
    readonly url: string
    readonly repositories: Answer<ReadonlyArray<SandboxRepository>>
    addRepository(
      fullName: string,
      content: RemoteContent,
      options?: { readonly private?: boolean }
    ): Answer<SandboxRepository>
    addHook(fullName: string, hook: NewHook): Answer<SandboxHook>
    ping(fullName: string, hookId: number): Answer<void>
    openPullRequest(
      fullName: string,
      pull: RemoteContent & {
        readonly title: string
        readonly body?: string
        readonly author?: string
        readonly branch?: string
        readonly fork?: string
        readonly draft?: boolean
      }
    ): Answer<SandboxPullRequest>
    push(fullName: string, number: number, content: RemoteContent): Answer<SandboxPullRequest>
    /** Answers with the new head. */
    pushBranch(fullName: string, branch: string, content: RemoteContent & { readonly author?: string }): Answer<string>
    close(fullName: string, number: number, options?: { readonly merge?: boolean }): Answer<SandboxPullRequest>
    reopen(fullName: string, number: number): Answer<SandboxPullRequest>
    comment(fullName: string, number: number, author: string, body: string): Answer<SandboxComment>
    pullRequests(fullName: string): Answer<ReadonlyArray<SandboxPullRequest>>
    comments(fullName: string, number: number): Answer<ReadonlyArray<SandboxComment>>
    setPermission(fullName: string, login: string, permission: SandboxPermission): Answer<void>
    deliveries(fullName: string): Answer<ReadonlyArray<SandboxDelivery>>
    redeliver(fullName: string, deliveryId: number): Answer<SandboxDelivery>
    fault(fault: RequestFault): Answer<void>
    webhookFault(fault: WebhookFault): Answer<void>
    headFault(fault: HeadFault): Answer<void>
    readonly clearFaults: Answer<void>
    /** By the repository's full name. */
    readonly writes: Answer<Readonly<Record<string, SandboxWrites>>>
    readonly settled: Answer<void>
  }
>()("@productbuilding/sandbox/SandboxClient") {
  /** The sandbox at the base URL of its API. */
  static readonly layer = (url: string): Layer.Layer<SandboxClient> =>
    Layer.effect(SandboxClient, Effect.map(HttpClient.HttpClient, make(url))).pipe(Layer.provide(FetchHttpClient.layer))

  /** The sandbox of this process. */
  static readonly layerSandbox: Layer.Layer<SandboxClient, never, GitHubSandbox> = Layer.unwrap(
    Effect.map(GitHubSandbox, ({ url }) => SandboxClient.layer(url))
  )
}

const make =
  (address: string) =>
  (http: HttpClient.HttpClient): SandboxClient["Service"] => {
    const url = address.replace(/\/+$/, "")
    const wire = makeWire(http, `${url}/_sandbox`)
    const { get } = wire
    const of = repositoryPath
    const post = <A, I>(path: string, answer: Schema.Codec<A, I>, body?: Body) => wire.write("POST", path, answer, body)
    const tell = (path: string, body?: Body) => wire.tell("POST", path, body)

    return SandboxClient.of({
      ...makeActivityClient(wire),
      url,
      repositories: get("/repos", Schema.Array(SandboxRepository)),
      addRepository: (fullName, content, options) =>
        post("/repos", SandboxRepository, { ...content, ...options, repository: fullName }),
      addHook: (fullName, hook) => post(`${of(fullName)}/hooks`, SandboxHook, { ...hook }),
      ping: (fullName, hookId) => tell(`${of(fullName)}/hooks/${hookId}/ping`),
      openPullRequest: (fullName, pull) => post(`${of(fullName)}/pulls`, SandboxPullRequest, { ...pull }),
      push: (fullName, number, content) =>
        post(`${of(fullName)}/pulls/${number}/push`, SandboxPullRequest, { ...content }),
      pushBranch: (fullName, branch, content) =>
        Effect.map(
          post(`${of(fullName)}/branches/${encodeURIComponent(branch)}`, Bodies.Head, { ...content }),
          ({ sha }) => sha
        ),
      close: (fullName, number, options) =>
        post(`${of(fullName)}/pulls/${number}/close`, SandboxPullRequest, { ...options }),
      reopen: (fullName, number) => post(`${of(fullName)}/pulls/${number}/reopen`, SandboxPullRequest),
      comment: (fullName, number, author, body) =>
        post(`${of(fullName)}/pulls/${number}/comments`, SandboxComment, { author, body }),
      pullRequests: (fullName) => get(`${of(fullName)}/pulls`, Schema.Array(SandboxPullRequest)),
      comments: (fullName, number) => get(`${of(fullName)}/pulls/${number}/comments`, Schema.Array(SandboxComment)),
      setPermission: (fullName, login, permission) =>
        wire.tell("PUT", `${of(fullName)}/permissions/${encodeURIComponent(login)}`, { permission }),
      deliveries: (fullName) => get(`${of(fullName)}/deliveries`, Schema.Array(SandboxDelivery)),
      redeliver: (fullName, deliveryId) => post(`${of(fullName)}/deliveries/${deliveryId}/redeliver`, SandboxDelivery),
      fault: (fault) => tell("/faults", { ...fault }),
      webhookFault: (fault) => tell("/webhook-faults", { ...fault }),
      headFault: (fault) => tell("/head-faults", { ...fault }),
      clearFaults: wire.tell("DELETE", "/faults"),
      writes: get("/writes", Schema.Record(Schema.String, SandboxWrites)),
      settled: tell("/settled")
    })
  }
