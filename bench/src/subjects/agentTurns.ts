/**
 * Turns through the agent's real loop: `Turns.say`, a durable workflow, SQLite, the real adapter. The environment names the
 * model. Arguments: the database file and what to do; it prints one line of JSON.
 */
import { NodeCrypto, NodeServices } from "@effect/platform-node"
import * as AgentModels from "@productbuilding/adapters/models/AgentModels"
import * as Sqlite from "@productbuilding/adapters/sqlite/Sqlite"
import {
  AgentSettings,
  AgentTools,
  Asker,
  ConversationId,
  limitsConfig,
  Members,
  Specialists,
  SqlBudget,
  SqlTurnStore,
  TurnId,
  TurnOutcome,
  Turns,
  turnRunLayer,
  turnsLayer
} from "@productbuilding/agent"
import { OperationLog, RepositoryName, SqlOperationLog } from "@productbuilding/core"
import { Deferred, Effect, Layer, Option, Schema, Stream } from "effect"
import { ClusterWorkflowEngine, SingleRunner } from "effect/cluster"
import { atOnce, instructions, rounds, shapes, type Taken, toolDescription, toolName } from "../AgentShapes.ts"

const [file = ""] = process.argv.slice(2)

const tool = AgentTools.make({
  name: toolName,
  title: "Look up",
  description: toolDescription,
  parameters: Schema.Struct({ number: Schema.Int }),
  success: Schema.Struct({ number: Schema.Int }),
  effect: "read",
  permission: "read",
  summary: ({ number }) => `Look ${number} up`,
  run: ({ number }) => Effect.succeed(AgentTools.read({ number }))
})

const specialist = { name: "bench", chooseWhen: "Always.", doing: "Counting", instructions, tools: [tool] }

const Engine = ClusterWorkflowEngine.layer.pipe(
  Layer.provideMerge(
    SingleRunner.layer({ runnerStorage: "memory", shardingConfig: { entityTerminationTimeout: "1 second" } })
  )
)

const Agent = turnsLayer.pipe(
  Layer.provide(turnRunLayer),
  Layer.provide(
    Layer.mergeAll(
      AgentModels.layerConfig,
      AgentSettings.layerConfig,
      Layer.unwrap(Effect.map(limitsConfig, (limits) => SqlBudget.layer(limits))),
      Layer.succeed(Members, Members.of({ permission: () => Effect.succeed("admin" as const) })),
      // NOTE: one specialist needs no routing, which the bare loop does not do either.
      Layer.succeed(Specialists, Specialists.of({ all: [specialist], tools: [tool] })),
      Engine
    )
  ),
  Layer.provide(SqlTurnStore.layer),
  Layer.provideMerge(SqlOperationLog.layer),
  Layer.provide(Layer.merge(Sqlite.layer(file).pipe(Layer.provide(NodeServices.layer)), NodeCrypto.layer))
)

const asker = new Asker({ id: "slack:T:ADA", name: "Ada", login: "ada", guest: false, sharedChannel: false })
const repository = RepositoryName.make("acme/shop")
const decodeEnd = Schema.decodeUnknownOption(
  Schema.Struct({ turn: TurnId, state: Schema.Literal("ended"), outcome: TurnOutcome })
)

const program = Effect.gen(function* () {
  const log = yield* OperationLog
  const turns = yield* Turns
  const ends = new Map<TurnId, Deferred.Deferred<TurnOutcome>>()
  const endOf = (id: TurnId) => {
    const known = ends.get(id) ?? Deferred.makeUnsafe<TurnOutcome>()
    ends.set(id, known)
    return known
  }
  yield* log.stream().pipe(
    Stream.runForEach(({ data }) =>
      Option.match(decodeEnd(data), {
        onNone: () => Effect.void,
        onSome: ({ outcome, turn }) => Deferred.succeed(endOf(turn), outcome)
      })
    ),
    Effect.forkScoped({ startImmediately: true })
  )

  const take = Effect.fnUntraced(function* (text: string) {
    const begun = performance.now()
    const { turn } = yield* turns.say({
      conversation: ConversationId.make(`slack:T:C:${text}`),
      key: text,
      asker,
      repository,
      about: null,
      text
    })
    const outcome = yield* Deferred.await(endOf(turn.id))
    // NOTE: a fast failure is no result.
    if (outcome !== "answered") return yield* Effect.die(new Error(`${text} ended as ${outcome}`))
    return performance.now() - begun
  })

  const alone: Record<"plain" | "chain" | "wide", Array<number>> = { plain: [], chain: [], wide: [] }
  for (let round = 0; round < rounds; round++) {
    for (const { name } of shapes) alone[name].push(yield* take(`${name} ${round}`))
  }
  const begun = performance.now()
  const together = yield* Effect.forEach(
    Array.from({ length: atOnce }),
    (_, index) => take(`chain together ${index}`),
    {
      concurrency: "unbounded"
    }
  )
  const taken: Taken = {
    alone,
    together,
    wallMs: performance.now() - begun,
    peakMiB: process.resourceUsage().maxRSS / 1024
  }
  process.stdout.write(`${JSON.stringify(taken)}\n`)
})

await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(Agent)))
process.exit(0)
