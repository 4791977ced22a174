/** The tools: what they are shown as, and what they answer. */
import { assert, it } from "@effect/vitest"
import {
  CodeHost,
  Comment,
  PullRequestNumber,
  RepositoryName,
  ResourceLedger,
  ThreadFacts
} from "@productbuilding/core"
import { Cause, Effect, Exit, Layer, Schema } from "effect"
import { Tool } from "effect/ai"
import * as AgentTool from "../src/AgentTool.ts"
import { Code } from "../src/Code.ts"
import { Delegate } from "../src/Delegate.ts"
import { IssueDetail, Issues } from "../src/Issues.ts"
import { PreviewDesk, PreviewDetail, PreviewSummary } from "../src/PreviewDesk.ts"
import { SlackThreads } from "../src/SlackThreads.ts"
import { Specialists, layer as specialistsLayer } from "../src/Specialists.ts"

const repository = RepositoryName.make("acme/shop")
const number = PullRequestNumber.make(7)
const call = { asker: { name: "Ada", login: "ada" }, words: "", repository, ownerKey: "test:1" }
const url = "https://code.test/acme/shop/pull/7"
const common = { repository, number, kind: "pull request", title: "Mugs", author: "eve", labels: [], url } as const

const facts = new ThreadFacts({
  ...common,
  state: "draft",
  assignees: [],
  reviewers: ["grace"],
  reviews: [],
  checks: { passed: 1, failed: 2, running: 0 }
})
const preview = new PreviewDetail({
  repository,
  number,
  title: "Mugs",
  state: "failed",
  url: "http://mugs.test",
  commit: "a".repeat(40),
  updatedAt: "2026-11-21T09:00:00.000Z",
  pullRequestUrl: url,
  author: "eve",
  branch: "mugs",
  runningCommit: null,
  failure: { stage: "build", summary: "The build failed.", evidence: "no clay" },
  stages: [{ stage: "build", seconds: 2 }],
  note: null
})
const encodeSummary = Schema.encodeSync(Schema.Struct(PreviewSummary.fields))
const said = "Seen. <!-- and unseen -->"

const outside = Layer.mergeAll(
  Layer.mock(Code, {}),
  Layer.mock(CodeHost, {
    thread: () => Effect.succeed(facts),
    comments: () => Effect.succeed([new Comment({ id: "1", author: "eve", body: said, url })])
  }),
  Layer.mock(Delegate, {}),
  Layer.mock(Issues, { get: () => Effect.succeed(new IssueDetail({ ...common, state: "open", body: said })) }),
  Layer.mock(PreviewDesk, { find: () => Effect.succeedSome(preview) }),
  Layer.mock(ResourceLedger, {})
)

it.layer(specialistsLayer.pipe(Layer.provide(outside)))("the tools", (it) => {
  const answer = Effect.fnUntraced(function* (name: string, params: Schema.Json) {
    const { tools } = yield* Specialists
    const tool = yield* Effect.fromNullishOr(tools.find((one) => one.name === name))
    const prepared = yield* tool.prepare(params, { repository })
    return (yield* prepared.run(call)).result
  })

  it.effect("are each there once, take an object and give one, as MCP wants it", () =>
    Effect.gen(function* () {
      const { all, tools } = yield* Specialists
      assert.strictEqual(new Set(tools.map(({ name }) => name)).size, tools.length)
      for (const { definition, name } of tools) {
        assert.strictEqual(Tool.getJsonSchema(definition)["type"], "object", name)
        assert.strictEqual(Tool.getJsonSchemaFromSchema(definition.successSchema)["type"], "object", name)
        assert.isTrue(
          all.some((specialist) => specialist.tools.some((tool) => tool.name === name)),
          `${name} has a specialist`
        )
      }
    })
  )

  it.effect("read an issue whole, without what its author hid in it", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* answer("read_issue", { number: 7 }), {
        ...facts,
        body: "Seen. ",
        comments: [{ author: "eve", body: "Seen. ", url }],
        slackUrl: null,
        preview: encodeSummary(preview)
      })
    })
  )

  it.effect("read a preview with its stages and its failure", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* answer("read_preview", { number: 7 }), { ...preview })
    })
  )
})

it.effect("an issue's thread in Slack is where the server says it is", () =>
  Effect.gen(function* () {
    const { tools } = yield* Specialists
    const tool = yield* Effect.fromNullishOr(tools.find(({ name }) => name === "read_issue"))
    const prepared = yield* tool.prepare({ number: 7 }, { repository })
    assert.deepInclude((yield* prepared.run(call)).result, { slackUrl: "https://slack.test/acme/shop#7" })
  }).pipe(
    Effect.provide(
      specialistsLayer.pipe(
        Layer.provide(outside),
        Layer.provide(Layer.succeed(SlackThreads, { url: (id) => Effect.succeed(`https://slack.test/${id}`) }))
      )
    )
  )
)

it.effect("a result that is not what its tool says it gives is a mistake of the tool, and no answer", () =>
  Effect.gen(function* () {
    const tool = AgentTool.make({
      name: "count",
      title: "Count",
      description: "Counts.",
      parameters: Schema.Struct({}),
      success: Schema.Struct({ left: Schema.Int }),
      effect: "read",
      permission: "read",
      summary: () => "Count",
      run: () => Effect.succeed(AgentTool.read({ left: 0.5 }))
    })
    const prepared = yield* tool.prepare({}, { repository })
    const exit = yield* Effect.exit(prepared.run(call))
    assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
  })
)
