/** The contract of `Issues`. An adapter's live test calls `suite` with the port and the world behind it. */
import { assert, describe, it } from "@effect/vitest"
import { PullRequestNumber } from "@productbuilding/core"
import { Effect, type Layer, Option } from "effect"
import { Issues } from "../src/index.ts"
import { HostWorld, reasonOf, unknown } from "./HostWorld.ts"

type Host = Layer.Layer<Issues | HostWorld, unknown>

const absent = PullRequestNumber.make(999)

/** `denied` has credentials that the host does not accept. */
export const suite = (name: string, host: Host, denied: Host) =>
  describe(`Issues (${name})`, () => {
    it.live("reads an issue, and a pull request as one", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const issues = yield* Issues
        const issue = yield* world.openIssue({ title: "A mug leaks", body: "Water\n", labels: ["bug"] })
        const pull = yield* world.openPullRequest({ title: "Glue it" })
        const read = yield* issues.get(world.repository, issue)
        assert.deepInclude(read, {
          repository: world.repository,
          number: issue,
          kind: "issue",
          title: "A mug leaks",
          body: "Water\n",
          state: "open",
          labels: ["bug"],
          author: "ada"
        })
        assert.match(read.url, /^https?:\/\//)
        assert.deepInclude(yield* issues.get(world.repository, pull), { kind: "pull request", body: "" })
      }).pipe(Effect.provide(host))
    )

    it.live("searches both kinds, best match first, at most as many as wanted", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const issues = yield* Issues
        yield* world.openIssue({ title: "Something else" })
        yield* world.openIssue({ title: "A mug leaks", body: "The mug is broken" })
        yield* world.openPullRequest({ title: "Glue it", body: "for the mug" })
        const found = yield* issues.search(world.repository, "mug", { limit: 5 })
        assert.deepStrictEqual(
          found.map(({ kind, title }) => [kind, title]),
          [
            ["issue", "A mug leaks"],
            ["pull request", "Glue it"]
          ]
        )
        assert.strictEqual((yield* issues.search(world.repository, "mug", { limit: 1 })).length, 1)
        assert.deepStrictEqual(yield* issues.search(world.repository, "kettle", { limit: 5 }), [])
        assert.strictEqual((yield* issues.search(world.repository, "mug is:closed", { limit: 5 })).length, 0)
      }).pipe(Effect.provide(host))
    )

    it.live("finds nothing of another repository, whatever is searched for", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const issues = yield* Issues
        yield* world.openIssue({ title: "A mug leaks" })
        const [owner] = world.other.split("/")
        for (const query of [
          `mug repo:${world.other}`,
          `mug REPO:"${world.other}"`,
          `(repo:${world.other} mug)`,
          `mug user:${owner}`,
          `mug org:"${owner}" -repo:${world.repository}`
        ]) {
          const found = yield* issues.search(world.repository, query, { limit: 10 })
          assert.deepStrictEqual(
            found.flatMap(({ repository }) => (repository === world.repository ? [] : [repository])),
            [],
            query
          )
          assert.isAtMost(found.length, 1, query)
        }
        const elsewhere = `mug repo:${world.other}`
        assert.strictEqual((yield* issues.search(world.repository, elsewhere, { limit: 1 })).length, 1)
      }).pipe(Effect.provide(host))
    )

    it.live("shortens a search that is longer than the host takes", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const issues = yield* Issues
        yield* world.openIssue({ title: "mug ".repeat(40) })
        assert.strictEqual((yield* issues.search(world.repository, "mug ".repeat(200), { limit: 5 })).length, 1)
        assert.deepStrictEqual(yield* issues.search(world.repository, "m".repeat(1000), { limit: 5 }), [])
      }).pipe(Effect.provide(host))
    )

    it.live("opens an issue", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const issues = yield* Issues
        const made = yield* issues.create(world.repository, { title: "New", body: "Why", labels: ["bug", "ui"] })
        assert.deepInclude(made, { title: "New", body: "Why", labels: ["bug", "ui"], kind: "issue", state: "open" })
        assert.deepInclude(yield* world.issue(made.number), {
          title: "New",
          body: "Why",
          labels: ["bug", "ui"],
          author: world.ourselves
        })
      }).pipe(Effect.provide(host))
    )

    it.live("never opens an issue twice: a lost answer is Unavailable, and the issue is found by its mark", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const issues = yield* Issues
        const mark = "<!-- mark -->"
        const issue = { title: "Once", body: `${mark}\nText`, labels: [] }
        assert.isTrue(Option.isNone(yield* issues.findMarked(world.repository, mark)))
        yield* world.fault({ method: "POST", times: 1, kind: "lost" })
        assert.strictEqual(yield* reasonOf(issues.create(world.repository, issue)), "Unavailable")
        const found = Option.getOrThrow(yield* issues.findMarked(world.repository, mark))
        assert.deepInclude(found, { title: "Once", author: world.ourselves })
        yield* world.fault({ method: "POST", times: 1, kind: "broken" })
        assert.strictEqual(yield* reasonOf(issues.create(world.repository, issue)), "Unavailable")
        assert.strictEqual((yield* world.issues).length, 1)
      }).pipe(Effect.provide(host))
    )

    it.live("does not take somebody else's issue for ours, though it bears our mark", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const issues = yield* Issues
        yield* world.openIssue({ title: "Forged", body: "<!-- mark -->" })
        assert.isTrue(Option.isNone(yield* issues.findMarked(world.repository, "<!-- mark -->")))
        yield* world.openIssue({ title: "Ours", body: "<!-- mark -->", ours: true })
        const found = yield* issues.findMarked(world.repository, "<!-- mark -->")
        assert.strictEqual(Option.getOrThrow(found).title, "Ours")
      }).pipe(Effect.provide(host))
    )

    it.live("closes with a reason and opens again, however often it is asked", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const issues = yield* Issues
        const number = yield* world.openIssue({ title: "One" })
        for (const reason of ["not planned", "completed"] as const) {
          assert.strictEqual((yield* issues.close(world.repository, number, reason)).state, "closed")
          assert.deepInclude(yield* world.issue(number), { state: "closed", reason: "not_planned" })
        }
        for (let times = 0; times < 2; times++) {
          assert.strictEqual((yield* issues.reopen(world.repository, number)).state, "open")
        }
        yield* world.fault({ method: "PATCH", times: 1, kind: "lost" })
        yield* issues.close(world.repository, number, "completed")
        assert.deepInclude(yield* world.issue(number), { state: "closed", reason: "completed" })
        const pull = yield* world.openPullRequest({ title: "Two" })
        assert.strictEqual((yield* issues.close(world.repository, pull, "completed")).state, "closed")
      }).pipe(Effect.provide(host))
    )

    it.live("changes labels, in any case of their letters, and writes nothing when nothing changes", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const issues = yield* Issues
        const number = yield* world.openIssue({ title: "One", labels: ["bug", "ui", "later"] })
        const change = { add: ["Docs", "BUG"], remove: ["LATER", "absent", "ui"] }
        const changed = yield* issues.changeLabels(world.repository, number, change)
        assert.deepStrictEqual(changed.toSorted(), ["Docs", "bug"])
        const writes = yield* world.writes
        assert.strictEqual((yield* issues.changeLabels(world.repository, number, change)).length, 2)
        assert.strictEqual(yield* world.writes, writes)
        assert.deepStrictEqual((yield* world.issue(number)).labels.toSorted(), ["Docs", "bug"])
        const both = { add: ["bug"], remove: ["bug"] }
        assert.include(yield* issues.changeLabels(world.repository, number, both), "bug")
      }).pipe(Effect.provide(host))
    )

    it.live("assigns those who may be assigned, and says who they are", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const issues = yield* Issues
        yield* world.setRole("grace", "write")
        const number = yield* world.openIssue({ title: "One" })
        for (let times = 0; times < 2; times++) {
          assert.deepStrictEqual(yield* issues.assign(world.repository, number, ["grace", "stranger"]), ["grace"])
        }
        assert.deepStrictEqual((yield* world.issue(number)).assignees, ["grace"])
      }).pipe(Effect.provide(host))
    )

    it.live("fails with NotFound for what does not exist", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const issues = yield* Issues
        for (const effect of [
          issues.get(world.repository, absent),
          issues.create(unknown, { title: "x", body: "", labels: [] }),
          issues.findMarked(unknown, "x"),
          issues.close(world.repository, absent, "completed"),
          issues.reopen(world.repository, absent),
          issues.changeLabels(world.repository, absent, { add: ["x"], remove: ["y"] }),
          issues.assign(world.repository, absent, ["ada"])
        ]) {
          assert.strictEqual(yield* reasonOf(effect), "NotFound")
        }
      }).pipe(Effect.provide(host))
    )

    it.live("fails with Denied for credentials that are not accepted", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const issues = yield* Issues
        assert.strictEqual(yield* reasonOf(issues.search(world.repository, "mug", { limit: 1 })), "Denied")
        assert.strictEqual(yield* reasonOf(issues.findMarked(world.repository, "x")), "Denied")
        assert.strictEqual(
          yield* reasonOf(issues.create(world.repository, { title: "x", body: "", labels: [] })),
          "Denied"
        )
      }).pipe(Effect.provide(denied))
    )

    it.live("repeats a read that failed by itself, and waits as long as the host asks", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const issues = yield* Issues
        const number = yield* world.openIssue({ title: "A mug" })
        yield* world.fault({ method: "GET", times: 1, kind: "broken" })
        assert.strictEqual((yield* issues.get(world.repository, number)).number, number)
        yield* world.fault({ method: "GET", times: 1, kind: "limited" })
        assert.strictEqual((yield* issues.search(world.repository, "mug", { limit: 1 })).length, 1)
      }).pipe(Effect.provide(host))
    )
  })
