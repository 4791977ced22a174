/** Tools on issues and pull requests. Whatever they write says for whom. */
import {
  bearsMark,
  CodeHost,
  type CodeHostError,
  hiddenMark,
  makeOnce,
  type RepositoryName,
  ResourceLedger,
  threadId
} from "@productbuilding/core"
import { Effect, Option, Schema } from "effect"
import type { ToolCall } from "../AgentTool.ts"
import * as AgentTool from "../AgentTool.ts"
import { IssueSummary, Issues } from "../Issues.ts"
import { asToolFailed } from "../internal/toolFailure.ts"
import * as Parameters from "../internal/toolParameters.ts"
import { outgoing } from "../Outgoing.ts"
import { ownWords, rendered } from "../OutsideText.ts"

const isUnsure = ({ reason }: CodeHostError) => reason._tag === "Unavailable"

const signed = (text: string, { ownerKey, turn }: ToolCall) =>
  `${hiddenMark(ownerKey)}\n${outgoing(text.trim(), ownWords(turn.text))}\n\n<sub>Written for ${turn.asker.login === null ? turn.asker.name : `@${turn.asker.login}`} by the ProductBuilder.</sub>`

const encodeSummary = Schema.encodeSync(IssueSummary)

const title = Schema.String.check(Schema.isNonEmpty(), Schema.isMaxLength(256))
const markdown = Schema.String.check(Schema.isNonEmpty(), Schema.isMaxLength(50_000)).annotate({
  description: "Markdown."
})
const labels = Schema.Array(Schema.String.check(Schema.isNonEmpty(), Schema.isMaxLength(50)))

export const make: Effect.Effect<
  ReadonlyArray<AgentTool.AgentTool>,
  never,
  CodeHost | Issues | ResourceLedger
> = Effect.gen(function* () {
  const host = yield* CodeHost
  const issues = yield* Issues
  const ledger = yield* ResourceLedger

  const comment = Effect.fnUntraced(
    function* (repository: RepositoryName, number: (typeof Parameters.number)["Type"], text: string, call: ToolCall) {
      const subject = threadId(repository, number)
      const mark = hiddenMark(call.ownerKey)
      const { id } = yield* makeOnce({
        ownerKey: call.ownerKey,
        kind: "comment",
        subject,
        isUnsure,
        find: Effect.map(host.comments(repository, number), (comments) =>
          Option.fromUndefinedOr(comments.find(({ body }) => bearsMark(body, mark))?.id)
        ),
        make: Effect.map(host.createComment(repository, number, signed(text, call)), (made) => made.id)
      })
      return id
    },
    Effect.provideService(ResourceLedger, ledger)
  )

  return [
    AgentTool.make({
      name: "search_issues",
      description: "Searches issues and pull requests by words. Best matches first.",
      parameters: Schema.Struct({
        query: Schema.NonEmptyString,
        repository: Parameters.repository,
        limit: Parameters.limit(10, 30)
      }),
      effect: "read",
      permission: "read",
      summary: ({ query }) => `Search issues for "${query}"`,
      about: ({ repository }) => ({ repository: repository ?? null }),
      run: ({ limit = 10, query }, { repository }) =>
        asToolFailed(
          Effect.map(issues.search(repository, query, { limit }), (found) =>
            AgentTool.read(found.map((one) => ({ ...encodeSummary(one) })))
          )
        )
    }),
    AgentTool.make({
      name: "read_issue",
      description: "Reads one issue or pull request with its state, reviews, checks, text and newest comments.",
      parameters: Schema.Struct({ number: Parameters.number, repository: Parameters.repository }),
      effect: "read",
      permission: "read",
      summary: ({ number }) => `Read #${number}`,
      about: Parameters.targetOf,
      run: ({ number }, { repository }) =>
        asToolFailed(
          Effect.map(
            Effect.all([
              issues.get(repository, number),
              host.thread(repository, number),
              host.comments(repository, number)
            ]),
            ([detail, facts, comments]) =>
              AgentTool.read({
                number,
                kind: facts.kind,
                state: facts.state,
                title: facts.title,
                author: facts.author,
                labels: facts.labels,
                assignees: facts.assignees,
                reviews: facts.reviews.map((one) => ({ ...one })),
                checks: facts.checks === null ? null : { ...facts.checks },
                url: facts.url,
                body: rendered(detail.body),
                comments: comments.slice(-30).map(({ author, body, url }) => ({ author, body: rendered(body), url }))
              })
          )
        )
    }),
    AgentTool.make({
      name: "create_issue",
      description: "Creates an issue. Search first: do not make one that exists.",
      parameters: Schema.Struct({
        title,
        body: markdown,
        labels: Schema.optionalKey(labels),
        repository: Parameters.repository
      }),
      effect: "note",
      permission: "triage",
      summary: ({ title }) => `Create the issue "${title}"`,
      about: ({ labels, repository }) => ({ repository: repository ?? null, labels: labels ?? [] }),
      run: ({ body, labels = [], title }, call) =>
        asToolFailed(
          Effect.gen(function* () {
            const { ownerKey, repository } = call
            const mark = hiddenMark(ownerKey)
            const { id: number } = yield* makeOnce({
              ownerKey,
              kind: "issue",
              subject: repository.toLowerCase(),
              isUnsure,
              find: Effect.map(
                issues.findMarked(repository, mark),
                Option.map((one) => String(one.number))
              ),
              make: Effect.map(issues.create(repository, { title, body: signed(body, call), labels }), (made) =>
                String(made.number)
              )
            })
            const made = yield* issues.get(repository, Parameters.number.make(Number(number)))
            return {
              result: { created: made.number, title: made.title, url: made.url },
              resources: [ownerKey]
            }
          }).pipe(Effect.provideService(ResourceLedger, ledger))
        )
    }),
    AgentTool.make({
      name: "comment_on_issue",
      description: "Writes a comment on an issue or pull request.",
      parameters: Schema.Struct({ number: Parameters.number, text: markdown, repository: Parameters.repository }),
      effect: "note",
      permission: "read",
      summary: ({ number, text }) => `Comment on #${number}: "${Parameters.excerpt(text)}"`,
      about: Parameters.targetOf,
      run: ({ number, text }, call) =>
        asToolFailed(
          Effect.gen(function* () {
            const id = yield* comment(call.repository, number, text, call)
            const { url } = yield* host.thread(call.repository, number)
            return { result: { commented: id, url: `${url}#issuecomment-${id}` }, resources: [call.ownerKey] }
          })
        )
    }),
    AgentTool.make({
      name: "label_issue",
      description: "Adds and removes labels of an issue or pull request.",
      parameters: Schema.Struct({
        number: Parameters.number,
        add: Schema.optionalKey(labels),
        remove: Schema.optionalKey(labels),
        repository: Parameters.repository
      }),
      effect: "note",
      permission: "triage",
      summary: ({ add = [], number, remove = [] }) =>
        `Labels of #${number}: ${[...add.map((one) => `+${one}`), ...remove.map((one) => `-${one}`)].join(" ") || "none"}`,
      about: (params, turn) => ({
        ...Parameters.targetOf(params, turn),
        labels: [...(params.add ?? []), ...(params.remove ?? [])]
      }),
      run: ({ add = [], number, remove = [] }, { repository }) =>
        asToolFailed(
          // NOTE: of the labels that others have made only those that were meant, or their names would be read unnoticed.
          Effect.map(issues.changeLabels(repository, number, { add, remove }), (labels) =>
            AgentTool.read({ number, added: add.filter((one) => labels.includes(one)), removed: remove })
          )
        )
    }),
    AgentTool.make({
      name: "assign_issue",
      description: "Assigns people to an issue or pull request, by their logins.",
      parameters: Schema.Struct({
        number: Parameters.number,
        logins: Schema.NonEmptyArray(Schema.NonEmptyString),
        repository: Parameters.repository
      }),
      effect: "change",
      permission: "triage",
      summary: ({ logins, number }) => `Assign #${number} to ${logins.join(", ")}`,
      about: Parameters.targetOf,
      run: ({ logins, number }, { repository }) =>
        asToolFailed(
          Effect.map(issues.assign(repository, number, logins), (assignees) => AgentTool.read({ number, assignees }))
        )
    }),
    AgentTool.make({
      name: "close_issue",
      description: "Closes an issue or a pull request without merging it.",
      parameters: Schema.Struct({
        number: Parameters.number,
        reason: Schema.Literals(["completed", "not planned"]),
        comment: Schema.optionalKey(markdown),
        repository: Parameters.repository
      }),
      effect: "destructive",
      permission: "triage",
      summary: ({ comment, number, reason }) =>
        `Close #${number} as ${reason}${comment === undefined ? "" : `, saying "${Parameters.excerpt(comment)}"`}`,
      about: Parameters.targetOf,
      run: ({ comment: text, number, reason }, call) =>
        asToolFailed(
          Effect.gen(function* () {
            if (text !== undefined) yield* comment(call.repository, number, text, call)
            const closed = yield* issues.close(call.repository, number, reason)
            return {
              result: { closed: closed.number, reason, url: closed.url },
              resources: text === undefined ? [] : [call.ownerKey]
            }
          })
        )
    }),
    AgentTool.make({
      name: "reopen_issue",
      description: "Opens a closed issue or pull request again.",
      parameters: Schema.Struct({ number: Parameters.number, repository: Parameters.repository }),
      effect: "change",
      permission: "triage",
      summary: ({ number }) => `Reopen #${number}`,
      about: Parameters.targetOf,
      run: ({ number }, { repository }) =>
        asToolFailed(
          Effect.map(issues.reopen(repository, number), (one) => AgentTool.read({ reopened: one.number, url: one.url }))
        )
    })
  ]
})
