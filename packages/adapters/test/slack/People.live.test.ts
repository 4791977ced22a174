/** Who is who, asked of a GitHub and a Slack over HTTP. */
import { assert, it } from "@effect/vitest"
import { CodeHost, RepositoryName, SqlUserLinks, UserLink, UserLinks } from "@productbuilding/core"
import { startGitHubSandbox } from "@productbuilding/sandbox"
import { Effect, Layer, Logger, Redacted, Result, type Scope } from "effect"
import * as GitHubCodeHost from "../../src/github/GitHubCodeHost.ts"
import { make, mentionedLogins } from "../../src/slack/People.ts"
import { makeClient } from "../../src/slack/SlackClient.ts"
import { parseUserMap } from "../../src/slack/UserMap.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"
import { startWorkspace } from "./support.ts"

const repository = RepositoryName.make("acme/shop")

/** Ada shows her address on GitHub, Bob commits with his, and nobody knows Eve's. */
const start = Effect.fnUntraced(function* (users: string, scopes?: ReadonlyArray<string>) {
  const slack = yield* startWorkspace()
  if (scopes !== undefined) slack.setScopes(scopes)
  const gitHub = yield* Effect.acquireRelease(
    Effect.promise(() =>
      startGitHubSandbox({ emails: { ada: "ada@example.com", "bob-b": "bob@example.com", mallory: "m@elsewhere.com" } })
    ),
    (sandbox) => Effect.promise(() => sandbox.stop())
  )
  gitHub.addRepository(repository, new Map())
  const { number } = gitHub.openPullRequest(repository, { title: "One", author: "bob-b", change: { "a.txt": "1" } })
  gitHub.close(repository, number, { merge: true })
  const host = yield* GitHubCodeHost.make({
    apiUrl: gitHub.url,
    credentials: { _tag: "Token", token: Redacted.make("any") },
    writeInterval: 0
  })
  const links = yield* UserLinks
  const idOf = (name: string) => slack.users().find((user) => user.name === name)?.id ?? ""
  const client = makeClient({ botToken: Redacted.make(slack.app.botToken), apiUrl: slack.apiUrl })
  const people = yield* make(client, Result.getOrThrow(parseUserMap(users))).pipe(Effect.provideService(CodeHost, host))
  return { gitHub, slack, idOf, links, people }
})

const logged: Array<string> = []

const alone = <A, E>(body: Effect.Effect<A, E, UserLinks | Scope.Scope>) =>
  body.pipe(
    Effect.scoped,
    Effect.provide([
      SqlUserLinks.layer.pipe(Layer.provide(Sqlite.layerMemory)),
      Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))])
    ])
  )

it.live("people are found by e-mail both ways, and asked for once", () =>
  alone(
    Effect.gen(function* () {
      const { idOf, people, slack } = yield* start("")
      const slackOf = yield* people.slackOf(repository, ["ada", "Bob-B", "eve", "mallory", "renovate[bot]"])
      assert.deepStrictEqual(["ADA", "bob-b", "eve", "mallory", "renovate[bot]"].map(slackOf), [
        idOf("ada"),
        idOf("bob"),
        undefined,
        undefined,
        undefined
      ])
      assert.strictEqual(yield* people.gitHubOf(repository, idOf("bob")), "bob-b")
      assert.isUndefined(yield* people.gitHubOf(repository, "UNOBODY"))
      slack.clearCalls()
      yield* people.slackOf(repository, ["ada", "bob-b", "eve"])
      yield* people.gitHubOf(repository, idOf("bob"))
      assert.deepStrictEqual(slack.calls().list, [])
    })
  )
)

it.live("configuration goes before links, and links before e-mail", () =>
  alone(
    Effect.gen(function* () {
      const { idOf, links, people } = yield* start("grace=U0GRACE")
      for (const [login, user] of [
        ["Ada", "U0LINKED"],
        ["grace", "U0OTHER"]
      ] as const) {
        yield* links.put(new UserLink({ login, user }))
      }
      const slackOf = yield* people.slackOf(repository, ["ada", "grace", "bob-b"])
      assert.deepStrictEqual(["ada", "grace", "bob-b"].map(slackOf), ["U0LINKED", "U0GRACE", idOf("bob")])
      assert.strictEqual(yield* people.gitHubOf(repository, "U0LINKED"), "Ada")
      assert.strictEqual(yield* people.gitHubOf(repository, "U0GRACE"), "grace")
      yield* links.remove("U0LINKED")
      assert.strictEqual((yield* people.slackOf(repository, ["ada"]))("ada"), idOf("ada"))
    })
  )
)

it.live("without the scope nobody is found by e-mail, nothing fails, and it is said once", () =>
  alone(
    Effect.gen(function* () {
      const { people, slack } = yield* start("grace=U0GRACE", ["chat:write", "users:read"])
      logged.length = 0
      for (let times = 0; times < 3; times++) {
        const slackOf = yield* people.slackOf(repository, ["ada", `other${times}`, "bob-b", "grace"])
        assert.deepStrictEqual(["ada", "bob-b", "grace"].map(slackOf), [undefined, undefined, "U0GRACE"])
      }
      assert.deepStrictEqual(logged.filter((line) => line.includes("users:read.email")).length, 1)
      assert.isAtMost(slack.calls().list.length, 4, "as many as are asked at once")
    })
  )
)

it.live("a GitHub that does not answer leaves logins as they are", () =>
  alone(
    Effect.gen(function* () {
      const { gitHub, people } = yield* start("")
      gitHub.fault({ kind: "status", path: "^/", status: 500, times: 1000 })
      assert.isUndefined((yield* people.slackOf(repository, ["ada"]))("ada"))
    })
  )
)

it("mentions are read from a text, packages and addresses are not", () => {
  assert.deepStrictEqual(mentionedLogins("@Ada and (@bob-b), not `@effect/vitest`, a@b.com, acme/@x, @ada"), [
    "ada",
    "bob-b"
  ])
  assert.strictEqual(mentionedLogins(Array.from({ length: 99 }, (_, index) => `@u${index}`).join(" ")).length, 20)
})
