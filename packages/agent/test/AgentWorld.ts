/** A team's outside world in memory: issues, members and previews, and a model that plays a script. */
import {
  bearsMark,
  CodeHost,
  CodeHostError,
  Comment,
  NotFound,
  PullRequestNumber,
  RepositoryName,
  ThreadFacts
} from "@productbuilding/core"
import { Effect, Layer, Option, Stream } from "effect"
import { LanguageModel } from "effect/ai"
import type { PartEncoded } from "effect/ai/Response"
import { AgentModel } from "../src/AgentModel.ts"
import { Code } from "../src/Code.ts"
import { Delegate } from "../src/Delegate.ts"
import { IssueDetail, Issues } from "../src/Issues.ts"
import { Members, type Permission } from "../src/Members.ts"
import { PreviewDesk } from "../src/PreviewDesk.ts"

export const repository = RepositoryName.make("acme/shop")

/** What a scripted model answers: text, or calls. */
export type Said =
  | { readonly text: string }
  | { readonly calls: ReadonlyArray<readonly [name: string, params: object]> }

/** Chooses an answer from what the model was given. `undefined`: the provider never answers. */
export type Script = (given: {
  readonly purpose: "route" | "work"
  readonly prompt: string
  readonly tools: ReadonlyArray<string>
  readonly call: number
}) => Said | undefined

const usage = {
  inputTokens: { total: 100, uncached: 100, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 20, text: 20, reasoning: 0 }
}

/** Routes to `specialist`, then works as the script says. */
export const scripted = (script: Script) => {
  const calls: Array<{ readonly purpose: string; readonly prompt: string }> = []
  const model = LanguageModel.make({
    generateText: ({ prompt, responseFormat, tools }) => {
      const purpose = responseFormat.type === "json" ? "route" : "work"
      const text = JSON.stringify(prompt.content)
      calls.push({ purpose, prompt: text })
      const said = script({ purpose, prompt: text, tools: tools.map(({ name }) => name), call: calls.length })
      if (said === undefined) return Effect.never
      const parts: Array<PartEncoded> =
        "text" in said
          ? [{ type: "text", text: said.text }]
          : said.calls.map(([name, params], index) => ({
              type: "tool-call",
              id: `call-${index}`,
              name,
              params,
              providerExecuted: false
            }))
      return Effect.succeed([
        ...parts,
        { type: "finish", reason: "text" in said ? ("stop" as const) : ("tool-calls" as const), usage }
      ])
    },
    streamText: () => Stream.empty
  })
  return {
    calls,
    layer: Layer.merge(
      Layer.effect(LanguageModel.LanguageModel, model),
      Layer.succeed(
        AgentModel,
        AgentModel.of({
          price: ({ inputTokens, outputTokens }) => inputTokens + outputTokens * 5,
          dearest: ({ inputTokens, outputTokens }) => inputTokens * 10 + outputTokens * 50,
          answered: () => ({ provider: "scripted", model: "script", microDollars: 200 })
        })
      )
    )
  }
}

const notFound = (operation: string) => new CodeHostError({ operation, repository, reason: new NotFound() })

/** What is outside, which a crash of ours does not touch. */
export const makeWorld = (permissions: Readonly<Record<string, Permission>> = { ada: "admin" }) => {
  const issues: Array<{ title: string; body: string; state: "open" | "closed"; labels: Array<string> }> = []
  const comments: Array<{ number: number; body: string }> = []
  const log: Array<string> = []
  /** Called before and after each write, to crash there. */
  const hooks: { write: (what: string, when: "before" | "after") => Effect.Effect<void> } = { write: () => Effect.void }

  const write = <A>(what: string, change: () => A) =>
    Effect.gen(function* () {
      yield* hooks.write(what, "before")
      const made = change()
      log.push(what)
      yield* hooks.write(what, "after")
      return made
    })

  const detail = (number: number) => {
    const issue = issues[number - 1]
    return issue === undefined
      ? Option.none()
      : Option.some(
          new IssueDetail({
            repository,
            number: PullRequestNumber.make(number),
            kind: "issue",
            title: issue.title,
            body: issue.body,
            state: issue.state,
            labels: issue.labels,
            author: "productbuilder",
            url: `https://code.test/acme/shop/issues/${number}`
          })
        )
  }
  const get = (number: number) => Effect.mapError(Effect.fromOption(detail(number)), () => notFound("issue"))

  const layer = Layer.mergeAll(
    Layer.succeed(
      Issues,
      Issues.of({
        get: (_, number) => get(number),
        search: (_, query) =>
          Effect.succeed(
            issues.flatMap(({ title }, index) =>
              title.toLowerCase().includes(query.toLowerCase()) ? Option.toArray(detail(index + 1)) : []
            )
          ),
        create: (_, { body, labels, title }) =>
          Effect.flatMap(
            write(`create ${title}`, () => issues.push({ title, body, labels: [...labels], state: "open" })),
            get
          ),
        findMarked: (_, marker) => {
          const index = issues.findIndex(({ body }) => bearsMark(body, marker))
          return Effect.succeed(index < 0 ? Option.none() : detail(index + 1))
        },
        close: (_, number) =>
          Effect.andThen(
            write(`close ${number}`, () => {
              const issue = issues[number - 1]
              if (issue !== undefined) issue.state = "closed"
            }),
            get(number)
          ),
        reopen: (_, number) =>
          Effect.andThen(
            write(`reopen ${number}`, () => undefined),
            get(number)
          ),
        changeLabels: (_, number, { add }) =>
          Effect.as(
            write(`label ${number}`, () => undefined),
            add
          ),
        assign: (_, number, logins) =>
          Effect.as(
            write(`assign ${number}`, () => undefined),
            logins
          )
      })
    ),
    Layer.mock(CodeHost, {
      thread: (_, number) =>
        Effect.map(
          get(number),
          ({ state, title, url }) =>
            new ThreadFacts({
              repository,
              number,
              kind: "issue",
              title,
              author: "ada",
              state,
              labels: [],
              assignees: [],
              reviewers: [],
              reviews: [],
              checks: null,
              url
            })
        ),
      comments: (_, number) =>
        Effect.succeed(
          comments.flatMap(({ body, number: on }, index) =>
            on === number ? [new Comment({ id: String(index), author: "x", body, url: "https://code.test/c" })] : []
          )
        ),
      createComment: (_, number, body) =>
        Effect.map(
          write(`comment ${number}`, () => comments.push({ number, body })),
          (length) =>
            new Comment({ id: String(length - 1), author: "productbuilder", body, url: "https://code.test/c" })
        )
    }),
    Layer.succeed(Members, Members.of({ permission: (_, login) => Effect.succeed(permissions[login] ?? "none") })),
    Layer.mock(Code, {}),
    Layer.mock(PreviewDesk, { list: () => Effect.succeed([]), find: () => Effect.succeedNone }),
    Layer.succeed(
      Delegate,
      Delegate.of({
        handOver: ({ issue }) =>
          Effect.as(
            write(`delegate ${issue}`, () => undefined),
            { to: "coding-agent", url: "https://code.test/d" }
          )
      })
    )
  )
  return { issues, comments, log, hooks, layer }
}
