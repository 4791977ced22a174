/** Tools on issues and pull requests. Whatever they write says for whom. */
import {
  bearsMark,
  CodeHost,
  type CodeHostError,
  hiddenMark,
  makeOnce,
  type RepositoryName,
  ResourceLedger,
  ThreadFacts,
  threadId
} from "@productbuilding/core"
import { Effect, Option, Schema } from "effect"
import type { ToolCall } from "../AgentTool.ts"
import * as AgentTool from "../AgentTool.ts"
import { IssueSummary, Issues } from "../Issues.ts"
import { asToolFailed } from "../internal/toolFailure.ts"
import { outgoing } from "../Outgoing.ts"
import { rendered } from "../OutsideText.ts"
import { PreviewDesk, PreviewSummary } from "../PreviewDesk.ts"
import { SlackThreads } from "../SlackThreads.ts"
import * as Parameters from "../ToolParameters.ts"

const isUnsure = ({ reason }: CodeHostError) => reason._tag === "Unavailable"

const signed = (text: string, { asker, ownerKey, words }: ToolCall) =>
  `${hiddenMark(ownerKey)}\n${outgoing(text.trim(), words)}\n\n<sub>Written for ${asker.login === null ? asker.name : `@${asker.login}`} by the ProductBuilder.</sub>`

const shownComments = 50

const Thread = Schema.Struct({
  ...ThreadFacts.fields,
  body: Schema.String.annotate({ description: Parameters.byOthers }),
  comments: Schema.Array(Schema.Struct({ author: Schema.String, body: Schema.String, url: Schema.String })).annotate({
    description: `The newest ${shownComments}, oldest first. ${Parameters.byOthers}`
  }),
  slackUrl: Schema.NullOr(Schema.String).annotate({ description: "The thread in Slack that mirrors it." }),
  preview: Schema.NullOr(Schema.Struct(PreviewSummary.fields))
})

const Url = Schema.String.annotate({ description: "Where to see it." })

const title = Schema.String.check(Schema.isNonEmpty(), Schema.isMaxLength(256))
const markdown = Schema.String.check(Schema.isNonEmpty(), Schema.isMaxLength(50_000)).annotate({
  description: "Markdown."
})
const labels = Schema.Array(Schema.String.check(Schema.isNonEmpty(), Schema.isMaxLength(50)))

export const make: Effect.Effect<
  ReadonlyArray<AgentTool.AgentTool>,
  never,
  CodeHost | Issues | PreviewDesk | ResourceLedger
> = Effect.gen(function* () {
  const desk = yield* PreviewDesk
  const host = yield* CodeHost
  const issues = yield* Issues
  const ledger = yield* ResourceLedger
  const slack = yield* SlackThreads

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
      title: "Search issues",
      description: "Searches a repository's issues and pull requests by words, best match first.",
      parameters: Schema.Struct({
        query: Schema.NonEmptyString,
        repository: Parameters.repository,
        limit: Parameters.limit(10, 30)
      }),
      success: Schema.Struct({
        found: Schema.Array(Schema.Struct(IssueSummary.fields)).annotate({ description: Parameters.byOthers })
      }),
      effect: "read",
      permission: "read",
      summary: ({ query }) => `Search issues for "${query}"`,
      about: ({ repository }) => ({ repository: repository ?? null }),
      run: ({ limit = 10, query }, { repository }) =>
        asToolFailed(Effect.map(issues.search(repository, query, { limit }), (found) => AgentTool.read({ found })))
    }),
    AgentTool.make({
      name: "read_issue",
      title: "Read an issue or pull request",
      description:
        "Reads an issue or pull request: state, text, reviews, checks, newest comments, and where its thread in Slack and its preview are.",
      parameters: Schema.Struct({ number: Parameters.number, repository: Parameters.repository }),
      success: Thread,
      effect: "read",
      permission: "read",
      summary: ({ number }) => `Read #${number}`,
      about: Parameters.targetOf,
      run: ({ number }, { repository }) =>
        asToolFailed(
          Effect.gen(function* () {
            const thread = threadId(repository, number)
            const { comments, detail, facts, preview, slackUrl } = yield* Effect.all(
              {
                detail: issues.get(repository, number),
                facts: host.thread(repository, number),
                comments: host.comments(repository, number),
                slackUrl: slack.url(thread),
                preview: desk.find(thread)
              },
              { concurrency: "unbounded" }
            )
            return AgentTool.read({
              ...facts,
              body: rendered(detail.body),
              comments: comments
                .slice(-shownComments)
                .map(({ author, body, url }) => ({ author, body: rendered(body), url })),
              slackUrl,
              preview: Option.getOrNull(preview)
            })
          })
        )
    }),
    AgentTool.make({
      name: "create_issue",
      title: "Create an issue",
      description: "Creates an issue. Search first: do not make one that exists.",
      parameters: Schema.Struct({
        title,
        body: markdown,
        labels: Schema.optionalKey(labels),
        repository: Parameters.repository
      }),
      success: Schema.Struct({ created: Parameters.number, title: Schema.String, url: Url }),
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
      title: "Comment on an issue or pull request",
      description: "Writes a comment on an issue or pull request.",
      parameters: Schema.Struct({ number: Parameters.number, text: markdown, repository: Parameters.repository }),
      success: Schema.Struct({ commented: Schema.String, url: Url }),
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
      title: "Change labels",
      description: "Adds and removes labels of an issue or pull request.",
      parameters: Schema.Struct({
        number: Parameters.number,
        add: Schema.optionalKey(labels),
        remove: Schema.optionalKey(labels),
        repository: Parameters.repository
      }),
      success: Schema.Struct({ number: Parameters.number, added: labels, removed: labels }),
      effect: "note",
      permission: "triage",
      hints: { idempotent: true },
      summary: ({ add = [], number, remove = [] }) =>
        `Labels of #${number}: ${[...add.map((one) => `+${one}`), ...remove.map((one) => `-${one}`)].join(" ") || "none"}`,
      about: (params, place) => ({
        ...Parameters.targetOf(params, place),
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
      title: "Assign people",
      description: "Assigns people to an issue or pull request, by their logins.",
      parameters: Schema.Struct({
        number: Parameters.number,
        logins: Schema.NonEmptyArray(Schema.NonEmptyString),
        repository: Parameters.repository
      }),
      success: Schema.Struct({ number: Parameters.number, assignees: Schema.Array(Schema.String) }),
      effect: "change",
      permission: "triage",
      hints: { idempotent: true },
      summary: ({ logins, number }) => `Assign #${number} to ${logins.join(", ")}`,
      about: Parameters.targetOf,
      run: ({ logins, number }, { repository }) =>
        asToolFailed(
          Effect.map(issues.assign(repository, number, logins), (assignees) => AgentTool.read({ number, assignees }))
        )
    }),
    AgentTool.make({
      name: "close_issue",
      title: "Close an issue or pull request",
      description: "Closes an issue or a pull request without merging it.",
      parameters: Schema.Struct({
        number: Parameters.number,
        reason: Schema.Literals(["completed", "not planned"]),
        comment: Schema.optionalKey(markdown),
        repository: Parameters.repository
      }),
      success: Schema.Struct({ closed: Parameters.number, reason: Schema.String, url: Url }),
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
      title: "Reopen an issue or pull request",
      description: "Opens a closed issue or pull request again.",
      parameters: Schema.Struct({ number: Parameters.number, repository: Parameters.repository }),
      success: Schema.Struct({ reopened: Parameters.number, url: Url }),
      effect: "change",
      permission: "triage",
      hints: { idempotent: true },
      summary: ({ number }) => `Reopen #${number}`,
      about: Parameters.targetOf,
      run: ({ number }, { repository }) =>
        asToolFailed(
          Effect.map(issues.reopen(repository, number), (one) => AgentTool.read({ reopened: one.number, url: one.url }))
        )
    })
  ]
})
