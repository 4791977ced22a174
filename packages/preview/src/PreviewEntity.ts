/** `Previews` as a cluster entity: one mailbox for each preview, whichever runner holds it. */
import {
  CodeHost,
  CommitSha,
  Decision,
  describeCodeHostError,
  isRetryable,
  OperationId,
  type Project,
  ProjectRegistry,
  type PullRequest
} from "@productbuilding/core"
import { Effect, Layer, Option, Schedule, Schema } from "effect"
import { Entity, type Sharding } from "effect/cluster"
import { SecureRandom } from "effect/crypto"
import { Rpc } from "effect/rpc"
import { type Workflow, WorkflowEngine } from "effect/workflow"
import { Deployment } from "./Deployment.ts"
import * as LateHead from "./LateHead.ts"
import { type Preview, PreviewId, parsePreviewId } from "./Preview.ts"
import { environmentName, previewHost, previewUrl } from "./PreviewAddress.ts"
import { decide } from "./PreviewDecision.ts"
import { PreviewSettings } from "./PreviewSettings.ts"
import { type Handover, type PreviewFacts, PreviewStore } from "./PreviewStore.ts"
import { LookFailed, Previews, type Wish } from "./Previews.ts"
import { Runtime } from "./Runtime.ts"
import { Teardown } from "./Teardown.ts"

const Look = Rpc.make("Look", {
  payload: {
    requester: Schema.String,
    wish: Schema.Literals(["none", "redeploy", "remove"]),
    approve: Schema.NullOr(CommitSha)
  },
  success: Schema.Struct({
    decision: Decision,
    /** Of the pull request as the code host shows it; `null` unless that is open. */
    head: Schema.NullOr(CommitSha)
  }),
  error: LookFailed
})

const PreviewEntity = Entity.make("Preview", [Look])

const fail = (message: string, retryable: boolean) => new LookFailed({ message, retryable })
const databaseFailed = () => fail("The database failed.", true)

/** The entity's behaviour. Requests for one preview run one after the other. */
export const layer: Layer.Layer<
  Previews,
  never,
  | CodeHost
  | PreviewSettings
  | PreviewStore
  | ProjectRegistry
  | Runtime
  | SecureRandom.SecureRandom
  | Sharding.Sharding
  | WorkflowEngine.WorkflowEngine
> = Layer.effect(
  Previews,
  Effect.gen(function* () {
    const clientFor = yield* PreviewEntity.client
    const ask = (id: PreviewId, requester: string, wish?: Wish) =>
      clientFor(id)
        .Look({
          requester,
          wish: wish === undefined ? "none" : wish._tag === "Redeploy" ? "redeploy" : "remove",
          approve: wish?._tag === "Redeploy" ? (wish.approve ?? null) : null
        })
        .pipe(
          Effect.catchTags({
            MailboxFull: () => fail("Too many requests wait for this preview.", true),
            AlreadyProcessingMessage: () => fail("This request is being handled already.", true),
            PersistenceError: databaseFailed,
            EntityNotAssignedToRunner: () => fail("No runner holds this preview at the moment.", true)
          })
        )
    const lookFor = yield* LateHead.make(ask)
    return Previews.of({
      look: Effect.fn("Previews.look")((id, requester, wish) =>
        Effect.map(ask(id, requester, wish), ({ decision }) => decision)
      ),
      lookFor: Effect.fn("Previews.lookFor")(lookFor)
    })
  })
).pipe(
  Layer.provideMerge(
    PreviewEntity.toLayer(
      Effect.gen(function* () {
        const look = yield* makeLook
        const { entityId } = yield* Entity.CurrentAddress
        const id = PreviewId.make(entityId)
        return PreviewEntity.of({ Look: ({ payload }) => look(id, payload) })
      }),
      { maxIdleTime: "1 minute" }
    )
  )
)

type LookPayload = (typeof Look)["payloadSchema"]["Type"]

const makeLook = Effect.gen(function* () {
  const engine = yield* WorkflowEngine.WorkflowEngine
  const host = yield* CodeHost
  const random = yield* SecureRandom.SecureRandom
  const registry = yield* ProjectRegistry
  const runtime = yield* Runtime
  const settings = yield* PreviewSettings
  const store = yield* PreviewStore

  const provideEngine = Effect.provideService(WorkflowEngine.WorkflowEngine, engine)
  const isComplete = (result: Option.Option<Workflow.Result<unknown, unknown>>) =>
    Option.isSome(result) && result.value._tag === "Complete"

  const newOperationId = Effect.map(random.uuidV7(), (id) => OperationId.make(id))

  const factsOf = (id: PreviewId, project: Project, pullRequest: PullRequest): PreviewFacts => {
    const host = previewHost(project, pullRequest.number, settings.exposure, registry.all)
    return {
      id,
      repository: pullRequest.repository,
      pullRequest: pullRequest.number,
      title: pullRequest.title,
      author: pullRequest.author,
      headRef: pullRequest.headRef,
      fromFork: pullRequest.fromFork,
      pullRequestUrl: pullRequest.url,
      environment: environmentName(pullRequest.repository, pullRequest.number),
      host,
      url: previewUrl(host, settings.exposure)
    }
  }

  /** The execution that may change the row, once it was handed over to an operation. */
  const executionOf = (preview: Preview) => {
    if (preview.operationId === null) return undefined
    const payload = { previewId: preview.id, operationId: preview.operationId, sha: preview.sha }
    return preview.state === "closing"
      ? {
          ended: Effect.map(
            Effect.flatMap(Teardown.executionId(payload), (id) => engine.poll(Teardown, id)),
            isComplete
          ),
          interrupt: Effect.flatMap(Teardown.executionId(payload), (id) => engine.interruptUnsafe(Teardown, id)),
          resume: provideEngine(Teardown.execute(payload, { discard: true }))
        }
      : {
          ended: Effect.map(
            Effect.flatMap(Deployment.executionId(payload), (id) => engine.poll(Deployment, id)),
            isComplete
          ),
          interrupt: Effect.flatMap(Deployment.executionId(payload), (id) => engine.interruptUnsafe(Deployment, id)),
          resume: provideEngine(Deployment.execute(payload, { discard: true }))
        }
  }

  /**
   * Stops the execution that the row belonged to before a handover, and waits until it touches nothing any more. One
   * that never entered a stage has touched nothing, and cannot any more: entering is fenced.
   */
  const stopFormer = Effect.fnUntraced(function* ({ former }: Handover) {
    if (Option.isNone(former)) return
    const execution = executionOf(former.value)
    if (execution === undefined || (yield* execution.ended)) return
    yield* execution.interrupt
    if (former.value.stages.length === 0 && former.value.state !== "closing") return
    yield* execution.ended.pipe(
      Effect.repeat({ until: (done) => done, schedule: Schedule.spaced("20 millis") }),
      Effect.timeoutOrElse({
        duration: "30 seconds",
        orElse: () => Effect.fail(fail("The former operation of this preview does not stop.", true))
      })
    )
  })

  /** What the runtime holds; when it cannot tell, what the row claims. */
  const isHeld = (preview: Preview | undefined, environment: PreviewFacts["environment"], wanted: boolean) =>
    (wanted
      ? Effect.map(runtime.status(environment), (services) => services.length > 0)
      : Effect.map(runtime.remains(environment), (left) => left.length > 0)
    ).pipe(
      Effect.catchTag("RuntimeError", (error) =>
        Effect.as(
          Effect.logWarning(`The ${runtime.kind} runtime cannot tell what it holds of ${environment}`, error.reason),
          preview !== undefined && preview.state !== "deleted"
        )
      )
    )

  return Effect.fnUntraced(
    function* (id: PreviewId, { approve, requester, wish }: LookPayload) {
      const named = parsePreviewId(id)
      const project = Option.getOrUndefined(registry.find(named.repository))
      const pullRequest =
        project === undefined
          ? undefined
          : yield* host
              .pullRequest(project.repository, named.pullRequest)
              .pipe(Effect.catchReason("CodeHostError", "NotFound", () => Effect.undefined))
      if (approve !== null && pullRequest !== undefined && pullRequest.headSha !== approve) {
        return yield* fail(
          `The head is ${pullRequest.headSha} now, not ${approve}: look at it before you approve it.`,
          false
        )
      }
      const before = Option.getOrUndefined(yield* store.find(id))
      const execution = before === undefined ? undefined : executionOf(before)
      const operationEnded = yield* execution?.ended ?? Effect.succeed(true)
      // NOTE: an operation writes its result before it ends. Read before that, it would look as if it had none.
      const preview = operationEnded ? Option.getOrUndefined(yield* store.find(id)) : before
      const environment = preview?.environment ?? environmentName(named.repository, named.pullRequest)
      const wanted = pullRequest?.state === "open" && wish !== "remove"
      const decision = decide({
        project,
        pullRequest,
        preview,
        held: wanted && preview?.state !== "ready" ? false : yield* isHeld(preview, environment, wanted),
        operationEnded,
        wish,
        approvedSha: approve ?? preview?.approvedSha ?? null
      })
      const decided = (outcome: Decision["outcome"]) => ({
        decision: new Decision({ outcome, reason: decision.reason, subject: id }),
        head: pullRequest?.state === "open" ? pullRequest.headSha : null
      })
      const facts = project !== undefined && pullRequest !== undefined ? factsOf(id, project, pullRequest) : preview

      switch (decision.action) {
        case "none": {
          if (preview !== undefined && facts !== undefined && facts !== preview) yield* store.refresh(facts)
          return decided(decision.outcome)
        }
        case "resume": {
          if (execution !== undefined) yield* execution.resume
          return decided("unchanged")
        }
        case "block": {
          if (facts === undefined || pullRequest === undefined) return decided("ignored")
          yield* stopFormer(yield* store.block(facts, pullRequest.headSha))
          return decided("accepted")
        }
        case "deploy": {
          if (facts === undefined || pullRequest === undefined) return decided("ignored")
          const operationId = yield* newOperationId
          const sha = pullRequest.headSha
          yield* stopFormer(
            yield* store.begin(
              facts,
              { id: operationId, kind: "deployment", requester },
              {
                state: "pending",
                sha,
                ...(approve === null ? {} : { approvedSha: approve })
              }
            )
          )
          yield* provideEngine(Deployment.execute({ previewId: id, operationId, sha }, { discard: true }))
          return decided("accepted")
        }
        case "teardown": {
          const operationId = yield* newOperationId
          const target = facts ?? orphan(id, environment)
          const sha = pullRequest?.headSha ?? preview?.sha ?? unknownSha
          yield* stopFormer(
            yield* store.begin(
              target,
              { id: operationId, kind: "teardown", requester },
              {
                state: "closing",
                sha,
                ...(wanted || pullRequest?.state !== "open" ? {} : { removedSha: sha })
              }
            )
          )
          yield* provideEngine(Teardown.execute({ previewId: id, operationId }, { discard: true }))
          return decided("accepted")
        }
      }
    },
    Effect.catchTags({
      PreviewStoreError: databaseFailed,
      CodeHostError: (error) => fail(describeCodeHostError(error), isRetryable(error))
    })
  )
})

const unknownSha = CommitSha.make("0".repeat(40))

/** An environment of which we know only the name: found by its label, for example after the database was lost. */
const orphan = (id: PreviewId, environment: PreviewFacts["environment"]): PreviewFacts => {
  const { pullRequest, repository } = parsePreviewId(id)
  return {
    id,
    repository,
    pullRequest,
    title: "",
    author: "",
    headRef: "",
    fromFork: false,
    pullRequestUrl: "",
    environment,
    host: `${environment}.invalid`,
    url: ""
  }
}
