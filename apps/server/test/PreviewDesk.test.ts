/** The agent's desk on the real store, with previews and a runtime that answer as a test wants. */
import { assert, it } from "@effect/vitest"
import * as Sqlite from "@productbuilding/adapters/sqlite/Sqlite"
import { PreviewDesk } from "@productbuilding/agent"
import {
  CommitSha,
  Decision,
  OperationId,
  OperationLog,
  PullRequestNumber,
  RepositoryName,
  SqlOperationLog,
  threadId
} from "@productbuilding/core"
import {
  EngineUnavailable,
  environmentName,
  LookFailed,
  Missing,
  PreviewFailure,
  PreviewStore,
  Previews,
  previewId,
  Runtime,
  RuntimeError,
  SqlPreviewStore,
  type Wish
} from "@productbuilding/preview"
import { Effect, Layer, Option, Stream } from "effect"
import * as ServerPreviewDesk from "../src/PreviewDesk.ts"

const shop = RepositoryName.make("Acme/Shop")
const sha = CommitSha.make("a".repeat(40))
const looked: Array<{ readonly id: string; readonly requester: string; readonly wish: Wish | undefined }> = []
const failure = new PreviewFailure({ stage: "build", summary: "The build failed", evidence: "npm: not found" })

const previews = Layer.succeed(
  Previews,
  Previews.of({
    look: (id, requester, wish) =>
      Effect.suspend(() => {
        looked.push({ id, requester, wish })
        if (id.endsWith("#9")) return new LookFailed({ message: "GitHub did not answer", retryable: true })
        const outcome = id.endsWith("#8") ? "ignored" : "accepted"
        return Effect.succeed(new Decision({ outcome, reason: `Looked at ${id}`, subject: id }))
      }),
    lookFor: () => Effect.die("the desk has heard of no head")
  })
)

const runtime = Layer.mock(Runtime)({
  kind: "process",
  logs: (name, { follow, tail }) => {
    assert.isFalse(follow)
    const failed = (reason: RuntimeError["reason"]) =>
      Stream.fail(new RuntimeError({ operation: "logs", environment: name, reason }))
    if (name.endsWith("-1")) return Stream.make("first", "second", "third").pipe(Stream.drop(Math.max(0, 3 - tail)))
    if (name.endsWith("-2")) return failed(new Missing({ what: name }))
    return failed(new EngineUnavailable({ detail: "no socket" }))
  }
})

const stores = SqlPreviewStore.layer.pipe(Layer.provideMerge(SqlOperationLog.layer), Layer.provide(Sqlite.layerMemory))

it.layer(ServerPreviewDesk.layer.pipe(Layer.provide([previews, runtime]), Layer.provideMerge(stores)), {
  excludeTestServices: true
})("the preview desk", (it) => {
  const pull = (number: number, repository = shop) => threadId(repository, number)

  const begin = Effect.fnUntraced(function* (number: number, state: "ready" | "failed" | "deleted", repository = shop) {
    const store = yield* PreviewStore
    const pullRequest = PullRequestNumber.make(number)
    const operationId = OperationId.make(`${repository} ${number}`)
    const id = previewId(repository, pullRequest)
    yield* store.begin(
      {
        id,
        repository,
        pullRequest,
        title: `Change ${number}`,
        author: "ada",
        headRef: "change",
        fromFork: false,
        pullRequestUrl: "https://github.example/acme/shop/pull/1",
        environment: environmentName(repository, pullRequest),
        host: `pr-${number}-preview.localhost`,
        url: `http://pr-${number}-preview.localhost/`
      },
      { id: operationId, kind: "deployment", requester: "a test" },
      { state: "pending", sha }
    )
    yield* store.change(id, operationId, state === "failed" ? { state, failure } : { state })
  })

  it.effect("lists a repository's previews that are not removed, and finds any of them", () =>
    Effect.gen(function* () {
      const desk = yield* PreviewDesk
      yield* begin(1, "ready")
      yield* begin(2, "failed")
      yield* begin(3, "deleted")
      yield* begin(4, "ready")
      yield* begin(1, "ready", RepositoryName.make("acme/other"))
      const listed = yield* desk.list(RepositoryName.make("acme/shop"))
      assert.deepStrictEqual(listed.map(({ number }) => number).toSorted(), [1, 2, 4])
      assert.deepInclude(Option.getOrThrow(yield* desk.find(pull(2))), {
        number: PullRequestNumber.make(2),
        repository: shop,
        title: "Change 2",
        state: "failed",
        url: "http://pr-2-preview.localhost/",
        commit: sha,
        failure: { ...failure },
        pullRequestUrl: "https://github.example/acme/shop/pull/1",
        author: "ada",
        branch: "change",
        runningCommit: null,
        stages: [],
        note: null
      })
      assert.strictEqual(Option.getOrThrow(yield* desk.find(pull(3))).state, "deleted")
      assert.isTrue(Option.isNone(yield* desk.find(pull(7))))
    })
  )

  it.effect("reads the last lines of a log, and says why where there is none", () =>
    Effect.gen(function* () {
      const desk = yield* PreviewDesk
      assert.strictEqual(yield* desk.logs(pull(1), 2, "application"), "second\nthird")
      const told = []
      for (const number of [2, 4, 7]) {
        const { message, retryable } = yield* Effect.flip(desk.logs(pull(number), 10, "application"))
        told.push([message.slice(0, 40), retryable])
      }
      assert.deepStrictEqual(told, [
        ["acme/shop#2 has no log to read: nothing ", false],
        ["What the previews run on does not answer", true],
        ["acme/shop#7 has no preview. Previews are", false]
      ])
    })
  )

  it.effect("reads what a deployment printed, also where nothing runs any more", () =>
    Effect.gen(function* () {
      const desk = yield* PreviewDesk
      const log = yield* OperationLog
      yield* begin(5, "failed")
      const deployment = { operationId: OperationId.make(`${shop} 5`), subject: pull(5), lane: "append" } as const
      assert.strictEqual(yield* desk.logs(pull(5), 10, "deployment"), "")
      yield* log.append({ ...deployment, type: "log", data: { lines: ["npm install", "npm run build"] } })
      yield* log.append({ ...deployment, type: "log", data: { lines: ["no clay"] } })
      assert.strictEqual(yield* desk.logs(pull(5), 2, "deployment"), "npm run build\nno clay")
      const { message } = yield* Effect.flip(desk.logs(pull(7), 2, "deployment"))
      assert.include(message, "acme/shop#7 has no preview.")
    })
  )

  it.effect("redeploys and stops under the name of who asked, approves nothing, and says what was decided", () =>
    Effect.gen(function* () {
      const desk = yield* PreviewDesk
      looked.length = 0
      assert.strictEqual(yield* desk.redeploy(pull(1), "ada in Slack"), "Looked at acme/shop#1.")
      assert.strictEqual(yield* desk.stop(pull(8), "ada in Slack"), "Nothing was done. Looked at acme/shop#8.")
      assert.deepStrictEqual(looked, [
        { id: "acme/shop#1", requester: "ada in Slack", wish: { _tag: "Redeploy" } },
        { id: "acme/shop#8", requester: "ada in Slack", wish: { _tag: "Remove" } }
      ])
      assert.deepInclude(yield* Effect.flip(desk.redeploy(pull(9), "ada")), {
        message: "GitHub did not answer",
        retryable: true
      })
    })
  )
})
