/** The sandbox GitHub as the world behind the agent's ports, and the adapters on it. */
import { generateKeyPairSync } from "node:crypto"
import {
  makeRegistry,
  ProjectRegistry,
  PullRequestNumber,
  RepositoryName,
  SqlResourceLedger
} from "@productbuilding/core"
import { GitHubSandbox, type SandboxFile } from "@productbuilding/sandbox"
import { Effect, Layer, Redacted } from "effect"
import { HostWorld } from "../../../agent/test/HostWorld.ts"
import * as GitHubCode from "../../src/github/GitHubCode.ts"
import * as GitHubCodeHost from "../../src/github/GitHubCodeHost.ts"
import * as GitHubConnection from "../../src/github/GitHubConnection.ts"
import * as GitHubIssues from "../../src/github/GitHubIssues.ts"
import * as GitHubMembers from "../../src/github/GitHubMembers.ts"
import * as MentionDelegate from "../../src/github/MentionDelegate.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"

const repository = RepositoryName.make("acme/shop")
const other = RepositoryName.make("acme/vault")
const accepted = "ghp_acceptedTokenOfTheSandbox"
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString()

const token = (value: string) => ({ _tag: "Token", token: Redacted.make(value) }) as const
const app = { _tag: "App", appId: "77", privateKey: Redacted.make(pem) } as const

const worldOf = (ourselves: string) =>
  Layer.effect(
    HostWorld,
    Effect.map(GitHubSandbox, (sandbox) => {
      sandbox.addRepository(repository, new Map())
      sandbox.addRepository(other, new Map(), { private: true })
      const trees = new Map<string, Map<string, SandboxFile>>()
      const open = (issue: {
        readonly title: string
        readonly body?: string
        readonly labels?: ReadonlyArray<string>
        readonly author?: string
      }) => sandbox.openIssue(repository, { author: "ada", ...issue })
      const issues = () => sandbox.issues(repository).map(({ stateReason: reason, ...issue }) => ({ ...issue, reason }))
      return HostWorld.of({
        repository,
        other,
        ourselves,
        openIssue: ({ ours = false, ...issue }) =>
          Effect.sync(() => {
            sandbox.openIssue(other, { ...issue, body: `${issue.title}\n${issue.body ?? ""}` })
            return PullRequestNumber.make(open(ours ? { ...issue, author: ourselves } : issue).number)
          }),
        openPullRequest: (pull) =>
          Effect.sync(() => {
            sandbox.openPullRequest(other, { ...pull, change: { "change.txt": pull.title } })
            const opened = sandbox.openPullRequest(repository, { ...pull, change: { "change.txt": pull.title } })
            return PullRequestNumber.make(opened.number)
          }),
        issues: Effect.sync(issues),
        issue: (number) =>
          Effect.suspend(() => {
            const found = issues().find((one) => one.number === number)
            return found === undefined ? Effect.die(`there is no issue ${number}`) : Effect.succeed(found)
          }),
        comment: (number, author, body) => Effect.sync(() => void sandbox.comment(repository, number, author, body)),
        bodies: (number) => Effect.sync(() => sandbox.comments(repository, number).map(({ body }) => body)),
        unassign: (number, login) => Effect.sync(() => void sandbox.unassign(repository, number, login)),
        push: (files, { author = "ada", branch = "main" } = {}) =>
          Effect.sync(() => {
            const tree = new Map(trees.get(branch) ?? trees.get("main"))
            for (const [path, content] of Object.entries(files)) {
              tree.set(path, { content: Buffer.from(content), kind: "file" })
            }
            trees.set(branch, tree)
            sandbox.pushBranch(other, branch, tree, author)
            return sandbox.pushBranch(repository, branch, tree, author)
          }),
        setRole: (login, role) => Effect.sync(() => sandbox.setPermission(repository, login, role)),
        fault: ({ kind, method, times }) =>
          Effect.sync(() => {
            // NOTE: what is asked for is to fail, not how an App first finds its installation.
            const fault = { method, path: "^/(repos|search)/(?!.*/installation$)", times }
            switch (kind) {
              case "limited":
                return sandbox.fault({ ...fault, kind: "status", status: 403, retryAfterSeconds: 1 })
              case "broken":
                return sandbox.fault({ ...fault, kind: "status", status: 500 })
              case "lost":
                return sandbox.fault({ ...fault, kind: "lost-answer" })
            }
          }),
        writes: Effect.sync(() => sandbox.writesOf(repository).total)
      })
    })
  )

const ports = Layer.mergeAll(GitHubCode.layer, GitHubIssues.layer, GitHubMembers.layer)

const connected = (credentials: GitHubCodeHost.GitHubCredentials) => {
  const connection = Layer.unwrap(
    Effect.map(GitHubSandbox, ({ url }) =>
      GitHubConnection.layer({ apiUrl: url, credentials, timeout: "1 second", writeInterval: 0 })
    )
  )
  return connection
}

/** The sandbox takes every App's key; this one takes none. */
const appRefused = Layer.effectDiscard(
  Effect.map(GitHubSandbox, (sandbox) =>
    sandbox.fault({ kind: "status", status: 401, path: "/installation$", times: 1_000_000 })
  )
)

const sandbox = (options: Parameters<typeof GitHubSandbox.layer>[0]) => Layer.fresh(GitHubSandbox.layer(options))

const host = (credentials: GitHubCodeHost.GitHubCredentials, ourselves: string) =>
  Layer.merge(ports.pipe(Layer.provide(connected(credentials))), worldOf(ourselves))

/** All ports, once for each kind of credentials; `denied` has such that GitHub does not take. */
export const hosts = [
  {
    name: "GitHub",
    host: host(token(accepted), "productbuilding").pipe(Layer.provide(sandbox({ tokens: [accepted] }))),
    denied: host(token("ghp_another"), "productbuilding").pipe(Layer.provide(sandbox({ tokens: [accepted] })))
  },
  {
    name: "GitHub, as an App",
    host: host(app, "productbuilding[bot]").pipe(Layer.provide(sandbox({}))),
    denied: Layer.merge(host(app, "productbuilding[bot]"), appRefused).pipe(Layer.provide(sandbox({})))
  }
] as const

/** A project with such a coding agent, if any. */
export const delegating = (delegateMention?: string) => {
  const registry = Layer.succeed(
    ProjectRegistry,
    makeRegistry([
      {
        repository,
        trust: "same-repository",
        secrets: {},
        ...(delegateMention === undefined ? {} : { delegateMention })
      }
    ])
  )
  const ledger = SqlResourceLedger.layer.pipe(Layer.provide(Sqlite.layerMemory))
  return Layer.merge(
    MentionDelegate.layer.pipe(
      Layer.provide([GitHubCodeHost.layerConnected, GitHubIssues.layer, registry, ledger]),
      Layer.provide(connected(token(accepted)))
    ),
    worldOf("productbuilding")
  ).pipe(Layer.provide(sandbox({ tokens: [accepted] })))
}
