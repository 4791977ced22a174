/** How a sandbox is steered from within its process. */
import { Schema } from "effect"
import type { ActivityControl } from "./ActivityControl.ts"
import type { HeadFault, RequestFault, WebhookFault } from "./Faults.ts"
import type {
  CommitContent,
  SandboxComment,
  SandboxDelivery,
  SandboxHook,
  SandboxPermission,
  SandboxPullRequest,
  SandboxRepository,
  SandboxTree,
  SandboxWrites
} from "./GitHubState.ts"

/** A pull request to open. */
export interface NewPullRequest {
  readonly title: string
  readonly body?: string
  /** Default `octocat`. */
  readonly author?: string
  /** Default `change-{n}`. */
  readonly branch?: string
  /** Its one commit, on top of the default branch. Without it the commit changes nothing. */
  readonly change?: CommitContent
  /** The full name of the fork that it comes from. */
  readonly fork?: string
  readonly draft?: boolean
}

/** A webhook to add. */
export interface NewHook {
  readonly url: string
  /** Default: the sandbox's `webhookSecret`; without either, webhooks are not signed. */
  readonly secret?: string
  /** Default `["*"]`: every event. */
  readonly events?: ReadonlyArray<string>
  /** Whether it is an App's, whose payloads name the installation. Default false. */
  readonly app?: boolean
}

/**
 * The sandbox's own controls. None of them has a counterpart in GitHub's API; what they cause is seen through it. A
 * change has happened when its call returns; its webhooks are then on their way, started in order and not waiting for
 * each other, as GitHub sends them. Repositories are named `owner/name`, in any case.
 *
 * Every method throws `SandboxMissing` when something that it names does not exist, and `SandboxRefused` when what it is
 * asked for makes no sense.
 */
export interface SandboxControl extends ActivityControl {
  /** The base URL of the API: what `GITHUB_API_URL` or Octokit's `baseUrl` is set to. No slash at its end. */
  readonly url: string
  /** Adds a repository with the content of a folder or a tree; replaces one of that name. */
  addRepository(
    fullName: string,
    content: string | SandboxTree,
    options?: { readonly private?: boolean }
  ): SandboxRepository
  repositories(): ReadonlyArray<SandboxRepository>
  /** Adds a webhook. Unlike one that is created through the API it gets no `ping`. */
  addHook(fullName: string, hook: NewHook): SandboxHook
  /** Sends a `ping` to a hook. */
  ping(fullName: string, hookId: number): void
  openPullRequest(fullName: string, pull: NewPullRequest): SandboxPullRequest
  /** A push to a pull request's branch. While it is closed its head stays where it was, as on GitHub. */
  push(fullName: string, number: number, content: CommitContent): SandboxPullRequest
  /** A push to a branch of the repository itself, which it creates if need be. Answers with the new head. */
  pushBranch(fullName: string, branch: string, content: CommitContent, author?: string): string
  /** Closes, or merges into the base branch. A closed one stays as it is. */
  close(fullName: string, number: number, options?: { readonly merge?: boolean }): SandboxPullRequest
  /** Opens it again, with the present head of its branch. Refused for a merged one, as on GitHub. */
  reopen(fullName: string, number: number): SandboxPullRequest
  /** Comments on a pull request or an issue as some user. */
  comment(fullName: string, number: number, author: string, body: string): SandboxComment
  pullRequests(fullName: string): ReadonlyArray<SandboxPullRequest>
  /** Oldest first. */
  comments(fullName: string, number: number): ReadonlyArray<SandboxComment>
  /**
   * What a user may do. Default: `admin` for the owner, `write` for those who opened a pull request from a branch of the
   * repository itself and for the token's user, `read` for everyone else (`none` in a private repository).
   */
  setPermission(fullName: string, login: string, permission: SandboxPermission): void
  /** Newest first, those included that were sent again. */
  deliveries(fullName: string): ReadonlyArray<SandboxDelivery>
  /** Sends a delivery again, under its GUID, and waits for the answer. */
  redeliver(fullName: string, deliveryId: number): Promise<SandboxDelivery>
  fault(fault: RequestFault): void
  webhookFault(fault: WebhookFault): void
  headFault(fault: HeadFault): void
  /** Forgets the faults that are left, shows every head, and sends the webhooks that `reorder` holds back. */
  clearFaults(): void
  /** How many writes the API has done, by `METHOD path`, those with a lost answer included and refused ones not. */
  readonly writes: ReadonlyMap<string, number>
  /** The writes in one repository. */
  writesOf(fullName: string): SandboxWrites
  /** Sends the webhooks that are held back, and resolves when none is on its way. */
  settled(): Promise<void>
}

/** There is no such repository, pull request or other thing in the sandbox. Not retryable. */
export class SandboxMissing extends Schema.TaggedError<SandboxMissing>()("SandboxMissing", {
  /** For example `pull request acme/shop#7`. */
  what: Schema.String
}) {
  override get message() {
    return `The sandbox has no ${this.what}.`
  }
}

/** What was asked for makes no sense, or a folder cannot be read. Not retryable. */
export class SandboxRefused extends Schema.TaggedError<SandboxRefused>()("SandboxRefused", {
  /** Why, as a sentence. */
  message: Schema.String
}) {}
