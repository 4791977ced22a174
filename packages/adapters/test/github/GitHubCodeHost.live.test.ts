import { CommitSha, PullRequestNumber, RepositoryName } from "@productbuilding/core"
import { GitHubSandbox } from "@productbuilding/sandbox"
import { Effect, Layer, Redacted } from "effect"
import { CodeHostWorld, suite } from "../../../core/test/CodeHostTest.ts"
import * as GitHubCodeHost from "../../src/github/GitHubCodeHost.ts"

const repository = RepositoryName.make("acme/shop")
const accepted = "ghp_acceptedTokenOfTheSandbox"

const world = Layer.effect(
  CodeHostWorld,
  Effect.map(GitHubSandbox, (sandbox) => {
    sandbox.addRepository(repository, new Map())
    return CodeHostWorld.of({
      repository,
      openPullRequest: ({ author = "octocat", draft = false, fromFork = false, title = "A change" } = {}) =>
        Effect.sync(() => {
          const pull = sandbox.openPullRequest(repository, {
            title,
            author,
            draft,
            change: { "README.md": title },
            ...(fromFork ? { fork: "stranger/shop" } : {})
          })
          return { number: PullRequestNumber.make(pull.number), sha: CommitSha.make(pull.headSha) }
        }),
      close: (number, options) => Effect.sync(() => void sandbox.close(repository, number, options)),
      comment: (number, author, body) =>
        Effect.sync(() => String(sandbox.comment(repository, number, author, body).id)),
      bodies: (number) => Effect.sync(() => sandbox.comments(repository, number).map(({ body }) => body)),
      fault: ({ kind, method, times }) =>
        Effect.sync(() => {
          const fault = { method, path: "^/repos/", times }
          switch (kind) {
            case "limited":
              return sandbox.fault({ ...fault, kind: "status", status: 403, retryAfterSeconds: 1 })
            case "broken":
              return sandbox.fault({ ...fault, kind: "status", status: 500 })
            case "silent":
              return sandbox.fault({ ...fault, kind: "hang" })
            case "lost":
              return sandbox.fault({ ...fault, kind: "lost-answer" })
          }
        })
    })
  })
)

const hostWith = (token: string) =>
  Layer.unwrap(
    Effect.map(GitHubSandbox, ({ url }) =>
      GitHubCodeHost.layer({
        apiUrl: url,
        credentials: { _tag: "Token", token: Redacted.make(token) },
        timeout: "1 second",
        writeInterval: 0
      })
    )
  )

const layerWith = (token: string) =>
  Layer.merge(hostWith(token), world).pipe(Layer.provide(Layer.fresh(GitHubSandbox.layer({ tokens: [accepted] }))))

suite("GitHub", layerWith(accepted), layerWith("ghp_another"))
