import { generateKeyPairSync } from "node:crypto"
import { CommitSha, PullRequestNumber, RepositoryName } from "@productbuilding/core"
import { GitHubSandbox } from "@productbuilding/sandbox"
import { Effect, Layer, Redacted } from "effect"
import { CodeHostWorld, suite } from "../../../core/test/CodeHostTest.ts"
import * as GitHubCodeHost from "../../src/github/GitHubCodeHost.ts"

const repository = RepositoryName.make("acme/shop")
const accepted = "ghp_acceptedTokenOfTheSandbox"
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString()

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
      becomeLively: (number) =>
        Effect.sync(() => {
          const { headSha } = sandbox.pullRequests(repository).find((pull) => pull.number === number) ?? { headSha: "" }
          sandbox.addLabel(repository, { name: "bug" })
          sandbox.label(repository, number, "bug")
          sandbox.assign(repository, number, "grace")
          sandbox.submitReview(repository, number, { author: "grace", state: "approved" })
          sandbox.submitReview(repository, number, { author: "grace", state: "changes_requested", body: "No" })
          sandbox.submitReview(repository, number, { author: "grace", state: "commented", body: "Hm" })
          sandbox.requestReview(repository, number, "linus")
          for (const conclusion of ["success", "failure", undefined] as const) {
            const check = sandbox.startCheck(repository, headSha, { name: `check ${conclusion}` })
            if (conclusion !== undefined) sandbox.completeCheck(repository, check.id, { conclusion })
          }
          const issue = sandbox.openIssue(repository, { title: "An issue" })
          sandbox.closeIssue(repository, issue.number, { reason: "not_planned" })
          return { issue: PullRequestNumber.make(issue.number) }
        }),
      close: (number, options) => Effect.sync(() => void sandbox.close(repository, number, options)),
      comment: (number, author, body) =>
        Effect.sync(() => String(sandbox.comment(repository, number, author, body).id)),
      write: (number) =>
        Effect.sync(() => {
          const dismissed = sandbox.submitReview(repository, number, {
            author: "linus",
            state: "changes_requested",
            body: "Stop"
          })
          sandbox.dismissReview(repository, number, dismissed.id)
          return {
            comment: String(sandbox.comment(repository, number, "ada", "a comment").id),
            lineComment: String(
              sandbox.reviewComment(repository, number, { author: "grace", body: "on a line", path: "README.md" }).id
            ),
            review: String(
              sandbox.submitReview(repository, number, { author: "grace", state: "approved", body: "Go" }).id
            ),
            dismissed: String(dismissed.id)
          }
        }),
      bodies: (number) => Effect.sync(() => sandbox.comments(repository, number).map(({ body }) => body)),
      fault: ({ kind, method, times }) =>
        Effect.sync(() => {
          // NOTE: what is asked for is to fail, not how an App first finds its installation.
          const fault = { method, path: "^/repos/(?!.*/installation$)", times }
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

const hostWith = (credentials: GitHubCodeHost.GitHubCredentials) =>
  Layer.unwrap(
    Effect.map(GitHubSandbox, ({ url }) =>
      GitHubCodeHost.layer({ apiUrl: url, credentials, timeout: "1 second", writeInterval: 0 })
    )
  )

const layerWith = (credentials: GitHubCodeHost.GitHubCredentials) =>
  Layer.merge(hostWith(credentials), world).pipe(
    Layer.provide(Layer.fresh(GitHubSandbox.layer({ tokens: [accepted] })))
  )

const token = (value: string) => ({ _tag: "Token", token: Redacted.make(value) }) as const
const app = { _tag: "App", appId: "77", privateKey: Redacted.make(pem) } as const

/** The sandbox takes every App's key; this one takes none. */
const appRefused = Layer.effectDiscard(
  Effect.map(GitHubSandbox, (sandbox) =>
    sandbox.fault({ kind: "status", status: 401, path: "/installation$", times: 1_000_000 })
  )
)

suite("GitHub", layerWith(token(accepted)), layerWith(token("ghp_another")))

suite(
  "GitHub, as an App",
  layerWith(app),
  Layer.mergeAll(hostWith(app), world, appRefused).pipe(Layer.provide(Layer.fresh(GitHubSandbox.layer())))
)
