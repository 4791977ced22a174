/** The contract of `CodeHost`. An adapter's live test calls `suite` with a host and the world behind it. */
import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Duration, Effect, Fiber, type Layer, Stream } from "effect"
import {
  CodeHost,
  type CodeHostError,
  CommitSha,
  describeCodeHostError,
  isRetryable,
  PullRequestNumber,
  type RemarkId,
  RepositoryName
} from "../src/index.ts"

/** What a host does wrong, for the next `times` requests of the method. */
export interface WorldFault {
  readonly method: "GET" | "POST" | "PATCH"
  readonly times: number
  /** `limited`: asks for a second's pause. `broken`: fails by itself. `silent`: never answers. `lost`: does it, and breaks the connection. */
  readonly kind: "limited" | "broken" | "silent" | "lost"
}

/** The other side of the host: what happens there without us. Every layer has one of its own. */
export class CodeHostWorld extends Context.Service<
  CodeHostWorld,
  {
    /** Exists, and has no pull requests yet. */
    readonly repository: RepositoryName
    openPullRequest(options?: {
      readonly title?: string
      readonly author?: string
      readonly draft?: boolean
      readonly fromFork?: boolean
    }): Effect.Effect<{ readonly number: PullRequestNumber; readonly sha: CommitSha }>
    /**
     * The label `bug`, the assignee `grace`, who approved and then asked for changes, `linus` asked for a review, and three
     * checks: one passed, one failed, one running. And an issue that was closed as not planned.
     */
    becomeLively(number: PullRequestNumber): Effect.Effect<{ readonly issue: PullRequestNumber }>
    close(number: PullRequestNumber, options: { readonly merge: boolean }): Effect.Effect<void>
    comment(number: PullRequestNumber, author: string, body: string): Effect.Effect<string>
    /** `ada`'s “a comment”, `grace`'s “on a line” and review “Go”, and `linus`'s review “Stop”, which was dismissed. */
    write(number: PullRequestNumber): Effect.Effect<{
      readonly comment: string
      readonly lineComment: string
      readonly review: string
      readonly dismissed: string
    }>
    bodies(number: PullRequestNumber): Effect.Effect<ReadonlyArray<string>>
    fault(fault: WorldFault): Effect.Effect<void>
  }
>()("@productbuilding/core/test/CodeHostWorld") {}

type Host = Layer.Layer<CodeHost | CodeHostWorld, unknown>

const unknown = RepositoryName.make("nobody/nothing")

const reasonOf = <A>(effect: Effect.Effect<A, CodeHostError, CodeHost>) =>
  Effect.map(Effect.flip(effect), (error) => {
    assert.strictEqual(error._tag, "CodeHostError")
    assert.isNotEmpty(describeCodeHostError(error))
    return { error, tag: error.reason._tag }
  })

/** `denied` has credentials that the host does not accept. Both wait at most two seconds for an answer. */
export const suite = (name: string, host: Host, denied: Host) =>
  describe(`CodeHost (${name})`, () => {
    it.live("reads a pull request as it is now", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        const { number, sha } = yield* world.openPullRequest({ title: "A title", author: "ada", draft: true })
        const open = yield* codeHost.pullRequest(world.repository, number)
        assert.strictEqual(open.title, "A title")
        assert.strictEqual(open.author, "ada")
        assert.strictEqual(open.headSha, sha)
        assert.deepStrictEqual([open.state, open.draft, open.merged, open.fromFork], ["open", true, false, false])
        yield* world.close(number, { merge: true })
        const closed = yield* codeHost.pullRequest(world.repository, number)
        assert.deepStrictEqual([closed.state, closed.merged], ["closed", true])
      }).pipe(Effect.provide(host))
    )

    it.live("reads a thread as it is now: a pull request with its reviews and checks, or an issue", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        const { number } = yield* world.openPullRequest({ title: "A title", author: "ada", draft: true })
        const draft = yield* codeHost.thread(world.repository, number)
        assert.deepStrictEqual(
          [draft.kind, draft.state, draft.title, draft.author, draft.reviews, draft.checks],
          ["pull request", "draft", "A title", "ada", [], { passed: 0, failed: 0, running: 0 }]
        )
        const { issue } = yield* world.becomeLively(number)
        const lively = yield* codeHost.thread(world.repository, number)
        assert.deepStrictEqual(
          [lively.labels, lively.assignees, lively.reviewers, lively.reviews, lively.checks],
          [
            ["bug"],
            ["grace"],
            ["linus"],
            [{ login: "grace", verdict: "changes requested" }],
            { passed: 1, failed: 1, running: 1 }
          ]
        )
        yield* world.close(number, { merge: true })
        assert.strictEqual((yield* codeHost.thread(world.repository, number)).state, "merged")
        const closed = yield* codeHost.thread(world.repository, issue)
        assert.deepStrictEqual([closed.kind, closed.state, closed.checks], ["issue", "not planned", null])
        const { tag } = yield* reasonOf(codeHost.thread(world.repository, PullRequestNumber.make(999)))
        assert.strictEqual(tag, "NotFound")
      }).pipe(Effect.provide(host))
    )

    it.live("knows a fork's pull request from one of the repository itself", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        const { number } = yield* world.openPullRequest({ fromFork: true })
        assert.isTrue((yield* codeHost.pullRequest(world.repository, number)).fromFork)
        assert.deepStrictEqual(
          (yield* codeHost.openPullRequests(world.repository)).map(({ fromFork }) => fromFork),
          [true]
        )
      }).pipe(Effect.provide(host))
    )

    it.live("lists all open pull requests, and no closed one, over more than one page", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        for (let count = 0; count < 205; count++) yield* world.openPullRequest()
        yield* world.close(PullRequestNumber.make(7), { merge: false })
        const numbers = (yield* codeHost.openPullRequests(world.repository)).map(({ number }) => Number(number))
        const expected = Array.from({ length: 205 }, (_, index) => index + 1).filter((number) => number !== 7)
        assert.deepStrictEqual(
          numbers.toSorted((left, right) => left - right),
          expected
        )
      }).pipe(Effect.provide(host))
    )

    it.live("lists all comments, oldest first, over more than one page", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        const { number } = yield* world.openPullRequest()
        const expected = Array.from({ length: 205 }, (_, index) => `comment ${index}`)
        for (const body of expected) yield* world.comment(number, "ada", body)
        const comments = yield* codeHost.comments(world.repository, number)
        assert.deepStrictEqual(
          comments.map(({ body }) => body),
          expected
        )
        assert.strictEqual(comments[0]?.author, "ada")
      }).pipe(Effect.provide(host))
    )

    it.live("creates a comment, edits it, and finds it again", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        const { number } = yield* world.openPullRequest()
        const created = yield* codeHost.createComment(world.repository, number, "first")
        const edited = yield* codeHost.updateComment(world.repository, created.id, "second")
        assert.strictEqual(edited.id, created.id)
        assert.deepStrictEqual(
          (yield* codeHost.comments(world.repository, number)).map(({ body, id }) => [id, body]),
          [[created.id, "second"]]
        )
      }).pipe(Effect.provide(host))
    )

    it.live("deletes a comment, which is NotFound from then on", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        const { number } = yield* world.openPullRequest()
        const { id } = yield* codeHost.createComment(world.repository, number, "first")
        yield* codeHost.deleteComment(world.repository, id)
        assert.deepStrictEqual(yield* world.bodies(number), [])
        for (const again of [
          Effect.asVoid(codeHost.deleteComment(world.repository, id)),
          Effect.asVoid(codeHost.remark(world.repository, number, { kind: "comment", id }))
        ]) {
          assert.strictEqual((yield* reasonOf(again)).tag, "NotFound")
        }
      }).pipe(Effect.provide(host))
    )

    it.live("reads what somebody wrote as it is now: a comment, one on a line, a review and its dismissal", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        const { number } = yield* world.openPullRequest()
        const written = yield* world.write(number)
        const read = (kind: RemarkId["kind"], id: string) =>
          Effect.map(codeHost.remark(world.repository, number, { kind, id }), ({ author, dismissed, markdown }) => [
            author,
            markdown,
            dismissed
          ])
        assert.deepStrictEqual(yield* read("comment", written.comment), ["ada", "a comment", false])
        assert.deepStrictEqual(yield* read("line comment", written.lineComment), ["grace", "on a line", false])
        assert.deepStrictEqual(yield* read("review", written.review), ["grace", "Go", false])
        assert.deepStrictEqual(yield* read("review", written.dismissed), ["linus", "Stop", true])
      }).pipe(Effect.provide(host))
    )

    it.live("streams the archive of a commit", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        const { sha } = yield* world.openPullRequest()
        const bytes = Buffer.concat(yield* Stream.runCollect(codeHost.archive(world.repository, sha)))
        assert.deepStrictEqual([bytes[0], bytes[1]], [0x1f, 0x8b])
      }).pipe(Effect.provide(host))
    )

    it.live("fails with NotFound for what does not exist", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        const { number } = yield* world.openPullRequest()
        const absent = PullRequestNumber.make(9999)
        const nowhere = CommitSha.make("0".repeat(40))
        const tags = [
          yield* reasonOf(codeHost.pullRequest(world.repository, absent)),
          yield* reasonOf(codeHost.pullRequest(unknown, number)),
          yield* reasonOf(codeHost.openPullRequests(unknown)),
          yield* reasonOf(codeHost.comments(world.repository, absent)),
          yield* reasonOf(codeHost.createComment(world.repository, absent, "text")),
          yield* reasonOf(codeHost.updateComment(world.repository, "99999999", "text")),
          yield* reasonOf(Stream.runDrain(codeHost.archive(world.repository, nowhere)))
        ].map(({ error, tag }) => [tag, isRetryable(error)])
        assert.deepStrictEqual(
          tags,
          Array.from({ length: 7 }, () => ["NotFound", false])
        )
      }).pipe(Effect.provide(host))
    )

    it.live("fails with Denied for credentials that are not accepted", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        const { error, tag } = yield* reasonOf(codeHost.openPullRequests(world.repository))
        assert.strictEqual(tag, "Denied")
        assert.isFalse(isRetryable(error))
      }).pipe(Effect.provide(denied))
    )

    it.live("repeats a read that failed by itself", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        const { number } = yield* world.openPullRequest()
        yield* world.fault({ method: "GET", times: 1, kind: "broken" })
        assert.strictEqual((yield* codeHost.pullRequest(world.repository, number)).number, number)
      }).pipe(Effect.provide(host))
    )

    it.live("waits as long as the host asks, then goes on, for reads and writes", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        const { number } = yield* world.openPullRequest()
        for (const method of ["GET", "POST"] as const) {
          yield* world.fault({ method, times: 1, kind: "limited" })
          const begin = yield* DateTime.now
          if (method === "GET") yield* codeHost.pullRequest(world.repository, number)
          else yield* codeHost.createComment(world.repository, number, "once")
          const waited = DateTime.distance(begin, yield* DateTime.now)
          assert.isTrue(Duration.isGreaterThanOrEqualTo(waited, Duration.millis(950)), Duration.format(waited))
        }
        assert.deepStrictEqual(yield* world.bodies(number), ["once"])
      }).pipe(Effect.provide(host))
    )

    it.live("fails with Unavailable when no answer comes", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        const { number } = yield* world.openPullRequest()
        yield* world.fault({ method: "GET", times: 1, kind: "silent" })
        const { error, tag } = yield* reasonOf(codeHost.pullRequest(world.repository, number))
        assert.strictEqual(tag, "Unavailable")
        assert.isTrue(isRetryable(error))
      }).pipe(Effect.provide(host))
    )

    it.live("never sends a comment twice: a lost answer is Unavailable, and one comment is there", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        const { number } = yield* world.openPullRequest()
        yield* world.fault({ method: "POST", times: 1, kind: "lost" })
        assert.strictEqual(
          (yield* reasonOf(codeHost.createComment(world.repository, number, "marker"))).tag,
          "Unavailable"
        )
        assert.deepStrictEqual(yield* world.bodies(number), ["marker"])
        yield* world.fault({ method: "POST", times: 1, kind: "broken" })
        assert.strictEqual(
          (yield* reasonOf(codeHost.createComment(world.repository, number, "another"))).tag,
          "Unavailable"
        )
        assert.deepStrictEqual(yield* world.bodies(number), ["marker"])
      }).pipe(Effect.provide(host))
    )

    it.live("repeats an edit, which may be done twice", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        const { number } = yield* world.openPullRequest()
        const { id } = yield* codeHost.createComment(world.repository, number, "first")
        yield* world.fault({ method: "PATCH", times: 1, kind: "lost" })
        yield* codeHost.updateComment(world.repository, id, "second")
        assert.deepStrictEqual(yield* world.bodies(number), ["second"])
      }).pipe(Effect.provide(host))
    )

    it.live("is interrupted at once while no answer comes", () =>
      Effect.gen(function* () {
        const world = yield* CodeHostWorld
        const codeHost = yield* CodeHost
        yield* world.fault({ method: "GET", times: 1, kind: "silent" })
        const begin = yield* DateTime.now
        const fiber = yield* Effect.forkChild(codeHost.openPullRequests(world.repository), { startImmediately: true })
        yield* Effect.sleep("50 millis")
        yield* Fiber.interrupt(fiber)
        assert.isTrue(Duration.isLessThan(DateTime.distance(begin, yield* DateTime.now), Duration.seconds(1)))
      }).pipe(Effect.provide(host))
    )
  })
