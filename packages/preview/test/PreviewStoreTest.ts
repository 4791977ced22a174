/** The contract of `PreviewStore`, run against every adapter. */
import { assert, it } from "@effect/vitest"
import { CommitSha, OperationId, OperationLog, PullRequestNumber, RepositoryName } from "@productbuilding/core"
import { Effect, type Layer, Option } from "effect"
import { EnvironmentName, previewId } from "../src/Preview.ts"
import { type PreviewFacts, PreviewStore } from "../src/PreviewStore.ts"

const sha = (digit: string) => CommitSha.make(digit.repeat(40))

const facts = (number: number): PreviewFacts => ({
  id: previewId(RepositoryName.make("acme/shop"), PullRequestNumber.make(number)),
  repository: RepositoryName.make("acme/shop"),
  pullRequest: PullRequestNumber.make(number),
  title: "A cart",
  author: "ada",
  headRef: "cart",
  fromFork: false,
  pullRequestUrl: "https://github.example/acme/shop/pull/1",
  environment: EnvironmentName.make(`pb-acme-shop-pr-${number}`),
  host: `pr-${number}-preview.localhost`,
  url: `http://pr-${number}-preview.localhost/`
})

const deployment = (id: string) => ({ id: OperationId.make(id), kind: "deployment", requester: "a test" }) as const

export const suite = (name: string, layer: Layer.Layer<PreviewStore | OperationLog, unknown>) =>
  it.layer(layer, { excludeTestServices: true })(`PreviewStore (${name})`, (it) => {
    it.effect("begin hands the row to an operation, and only that one may change it", () =>
      Effect.gen(function* () {
        const store = yield* PreviewStore
        const log = yield* OperationLog
        const { id } = facts(1)
        yield* store.begin(facts(1), deployment("first"), { state: "pending", sha: sha("a") })
        yield* store.change(id, OperationId.make("first"), { state: "building" })
        const { former, preview } = yield* store.begin(facts(1), deployment("second"), {
          state: "pending",
          sha: sha("b")
        })
        assert.strictEqual(Option.getOrThrow(former).state, "building")
        assert.deepStrictEqual([preview.state, preview.sha, preview.stages.length], ["pending", sha("b"), 0])
        const late = yield* Effect.flip(store.change(id, OperationId.make("first"), { state: "ready" }))
        assert.strictEqual(late._tag, "Superseded")
        assert.strictEqual((yield* store.get(id)).state, "pending")
        assert.strictEqual((yield* log.get(OperationId.make("first"))).status, "superseded")
      })
    )

    it.effect("every change has its event, and the last one ends the operation", () =>
      Effect.gen(function* () {
        const store = yield* PreviewStore
        const log = yield* OperationLog
        const operationId = OperationId.make("told")
        yield* store.begin(facts(2), deployment("told"), { state: "pending", sha: sha("a") })
        yield* store.change(facts(2).id, operationId, { state: "deploying" })
        yield* store.change(facts(2).id, operationId, { state: "ready", runningSha: sha("a") })
        const events = yield* log.events(operationId, 0)
        assert.deepStrictEqual(
          events.map(({ type }) => type),
          ["state", "state", "state", "end"]
        )
        assert.strictEqual((yield* log.get(operationId)).status, "succeeded")
      })
    )

    it.effect("a deleted preview is found by its host, and listed only when asked for", () =>
      Effect.gen(function* () {
        const store = yield* PreviewStore
        yield* store.begin(facts(3), deployment("gone"), { state: "closing", sha: sha("a") })
        yield* store.change(facts(3).id, OperationId.make("gone"), { state: "deleted" })
        assert.isTrue(Option.isSome(yield* store.findByHost("pr-3-preview.localhost")))
        const ids = (previews: ReadonlyArray<{ readonly id: string }>) => previews.map(({ id }) => id)
        assert.notInclude(ids(yield* store.list()), facts(3).id)
        assert.include(ids(yield* store.list({ deleted: true })), facts(3).id)
      })
    )

    it.effect("refresh changes the facts and nothing else, and does nothing when they are the same", () =>
      Effect.gen(function* () {
        const store = yield* PreviewStore
        yield* store.begin(facts(4), deployment("facts"), { state: "pending", sha: sha("a") })
        yield* store.refresh({ ...facts(4), title: "A better cart" })
        const changed = yield* store.get(facts(4).id)
        assert.deepStrictEqual([changed.title, changed.state, changed.version], ["A better cart", "pending", 2])
        yield* store.refresh({ ...facts(4), title: "A better cart" })
        assert.strictEqual((yield* store.get(facts(4).id)).version, 2)
      })
    )

    it.effect("block takes the row away from its operation", () =>
      Effect.gen(function* () {
        const store = yield* PreviewStore
        yield* store.begin(facts(5), deployment("blocked"), { state: "pending", sha: sha("a") })
        const { preview } = yield* store.block(facts(5), sha("b"))
        assert.deepStrictEqual([preview.state, preview.operationId], ["blocked", null])
        const late = yield* Effect.flip(store.change(facts(5).id, OperationId.make("blocked"), { state: "ready" }))
        assert.strictEqual(late._tag, "Superseded")
      })
    )
  })
