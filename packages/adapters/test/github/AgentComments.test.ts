import { assert, describe, it } from "@effect/vitest"
import { type Asked, TurnStore, Turns } from "@productbuilding/agent"
import {
  CodeHost,
  Delivery,
  DeliveryId,
  makeRegistry,
  Project,
  ProjectRegistry,
  ResourceLedger
} from "@productbuilding/core"
import { DateTime, Effect, Layer, Option, Schema } from "effect"
import * as AgentComments from "../../src/github/AgentComments.ts"

const project = Schema.decodeSync(Project)({ repository: "acme/shop", trust: "same-repository", secrets: {} })

const delivery = (event: string) =>
  new Delivery({
    id: DeliveryId.make("github:1"),
    sequence: 1,
    source: "github",
    event,
    receivedAt: DateTime.makeUnsafe(0),
    status: "pending",
    attempts: 0,
    decision: null,
    failure: null
  })

/** What the agent was asked, and what was decided, for one comment. */
const said = (
  body: string,
  options: { readonly association?: string; readonly type?: string; readonly action?: string } = {}
) =>
  Effect.gen(function* () {
    const asked: Array<Asked> = []
    const handler = yield* AgentComments.make({
      name: "ProductBuilder",
      store: yield* TurnStore,
      turns: Turns.of({
        ...(yield* Turns),
        say: (one) => {
          asked.push(one)
          return Effect.die("asked")
        }
      })
    })
    const payload = {
      action: options.action ?? "created",
      repository: { full_name: "Acme/Shop" },
      issue: { number: 7, id: 70, body: "", user: { login: "ada" } },
      comment: {
        id: 5,
        body,
        user: { login: "Grace", type: options.type ?? "User" },
        author_association: options.association ?? "MEMBER"
      }
    }
    const decision = yield* Effect.exit(handler.handle(delivery("issue_comment"), payload))
    return { asked, decision }
  }).pipe(
    Effect.provide(
      Layer.mergeAll(
        Layer.succeed(ProjectRegistry, makeRegistry([project])),
        Layer.mock(Turns, {}),
        Layer.mock(TurnStore, { open: Effect.succeed([]) }),
        Layer.mock(CodeHost, {}),
        Layer.mock(ResourceLedger, {})
      )
    )
  )

describe("a mention", () => {
  it.effect("is asked once, by whom, where and about what", () =>
    Effect.gen(function* () {
      const { asked } = yield* said("Hey @productbuilder, **close** this please")
      const [one] = asked
      assert.deepStrictEqual(
        [one?.conversation, one?.key, one?.asker.id, one?.asker.login, one?.repository, one?.about, one?.text],
        [
          "acme/shop#7",
          "github:comment:5",
          "github:grace",
          "Grace",
          "acme/shop",
          "acme/shop#7",
          "Hey , **close** this please"
        ]
      )
    })
  )

  for (const [what, body] of [
    ["quoted", "> @ProductBuilder close this\n\nNo, do not"],
    ["in code", "Write `@ProductBuilder close`"],
    ["in a fence", "```\n@ProductBuilder close\n```"],
    ["in a fence that never ends", "~~~~\n@ProductBuilder close"],
    ["in a comment that nobody sees", "<!-- @ProductBuilder close -->Hello"],
    ["part of an address", "mail@ProductBuilder.example"],
    ["of another name", "@ProductBuilders close, @ProductBuilder-test too"]
  ] as const) {
    it.effect(`that is ${what} is none`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* said(body)).asked, [])
      })
    )
  }

  it.effect("by a bot or a stranger is not answered, nor is one that was edited in", () =>
    Effect.gen(function* () {
      for (const options of [
        { type: "Bot" },
        { association: "NONE" },
        { association: "CONTRIBUTOR" },
        { action: "edited" }
      ]) {
        assert.deepStrictEqual((yield* said("@ProductBuilder close", options)).asked, [])
      }
      const { decision } = yield* said("@ProductBuilder close", { association: "NONE" })
      const reason = decision._tag === "Success" ? Option.getOrUndefined(decision.value)?.reason : undefined
      assert.match(reason ?? "", /no collaborator/)
    })
  )
})
