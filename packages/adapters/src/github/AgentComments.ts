/** What people say to the agent on issues and pull requests, by mentioning it. */
import { Asker, ConversationId, recordOf, type TurnStore, type Turns } from "@productbuilding/agent"
import {
  bearsMark,
  CodeHost,
  type CodeHostError,
  Decision,
  type DeliveryHandler,
  DeliveryHandlingFailed,
  hiddenMark,
  makeOnce,
  ProjectRegistry,
  PullRequestNumber,
  type RepositoryName,
  ResourceLedger,
  threadId
} from "@productbuilding/core"
import { Effect, Option, Schema } from "effect"
import { leftOutBy, planAnswerOf } from "./PlanWords.ts"

const Account = Schema.Struct({ login: Schema.String, type: Schema.optionalKey(Schema.NullOr(Schema.String)) })
const Said = {
  body: Schema.optionalKey(Schema.NullOr(Schema.String)),
  user: Schema.NullOr(Account),
  author_association: Schema.optionalKey(Schema.String)
}
const Thread = Schema.Struct({ number: PullRequestNumber, id: Schema.Int, ...Said })

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads (read 2026-11-21) */
const Payload = Schema.Struct({
  action: Schema.String,
  repository: Schema.Struct({ full_name: Schema.String }),
  issue: Schema.optionalKey(Thread),
  pull_request: Schema.optionalKey(Thread),
  comment: Schema.optionalKey(Schema.Struct({ id: Schema.Int, ...Said }))
})
const decode = Schema.decodeUnknownOption(Payload)

/** Which actions of an event are somebody saying something for the first time. */
const saying: Readonly<Record<string, string>> = {
  issue_comment: "created",
  pull_request_review_comment: "created",
  issues: "opened",
  pull_request: "opened"
}

/** Those whom a repository trusts. Whoever may only read must not spend its money. */
const trusted = new Set(["OWNER", "MEMBER", "COLLABORATOR"])

/** Without what is quoted or code, in which a name is no mention, and without what nobody sees. */
const spoken = (markdown: string): string =>
  markdown
    .replace(/<!--[\s\S]*?(?:-->|$)/g, "")
    .replace(/^(`{3,}|~{3,})[\s\S]*?(?:^\1|$(?![\s\S]))/gm, "")
    .replace(/`[^`\n]*`/g, "")
    .replace(/^ {0,3}>.*$/gm, "")

const stopWords = new Set(["stop", "halt", "abort"])
const decided = (outcome: Decision["outcome"], reason: string, subject: string) =>
  Option.some(new Decision({ outcome, reason, subject }))

const notThere = (numbers: ReadonlyArray<number>, count: number): string => {
  if (count === 0) return "This asks for more of a budget, which has no steps. Agree to it or do not."
  const steps = numbers.length === 1 ? `There is no step ${numbers[0]}` : `There are no steps ${numbers.join(", ")}`
  return `${steps} in the plan, which has ${count === 1 ? "only step 1" : `steps 1 to ${count}`}. Nothing was decided.`
}

export interface AgentCommentsOptions {
  readonly turns: Turns["Service"]
  readonly store: TurnStore["Service"]
  /** As which it is mentioned, without `@`, in any case. */
  readonly name: string
}

/** The handler of mentions. Bots are not answered, so that no two of them ever talk. */
export const make = Effect.fnUntraced(function* ({
  name,
  store,
  turns
}: AgentCommentsOptions): Effect.fn.Return<DeliveryHandler, never, CodeHost | ProjectRegistry | ResourceLedger> {
  const host = yield* CodeHost
  const ledger = yield* ResourceLedger
  const registry = yield* ProjectRegistry
  const mention = new RegExp(`(?<![\\w/\`@.-])@${name.replace(/[^\w-]/g, "")}(?:\\[bot\\])?(?![\\w-])`, "gi")

  /** Says it below what it answers, once however often that is handled. */
  const reply = (repository: RepositoryName, number: PullRequestNumber, ownerKey: string, text: string) => {
    const mark = hiddenMark(ownerKey)
    return makeOnce<CodeHostError, never>({
      ownerKey,
      kind: "comment",
      subject: threadId(repository, number),
      isUnsure: ({ reason }) => reason._tag === "Unavailable",
      find: Effect.map(host.comments(repository, number), (comments) =>
        Option.fromUndefinedOr(comments.find(({ body }) => bearsMark(body, mark))?.id)
      ),
      make: Effect.map(host.createComment(repository, number, `${mark}\n${text}`), ({ id }) => id)
    }).pipe(Effect.provideService(ResourceLedger, ledger))
  }

  return {
    source: "github",
    events: Object.keys(saying),
    order: (payload) =>
      Option.getOrUndefined(
        Option.map(decode(payload), ({ issue, pull_request, repository }) =>
          threadId(repository.full_name, (issue ?? pull_request)?.number ?? 0)
        )
      ),
    handle: Effect.fnUntraced(
      function* ({ event }, payload) {
        const found = decode(payload)
        if (Option.isNone(found) || saying[event] !== found.value.action) return Option.none()
        const { comment, issue, pull_request: pull, repository } = found.value
        const thread = issue ?? pull
        const said = comment ?? thread
        const project = registry.find(repository.full_name)
        if (thread === undefined || said?.user == null || Option.isNone(project)) return Option.none()
        const { login, type } = said.user
        const text = spoken(said.body ?? "")
        if (type === "Bot" || text.search(mention) < 0) return Option.none()
        const subject = threadId(project.value.repository, thread.number)
        if (!trusted.has(said.author_association ?? "")) {
          return decided("ignored", `${login} is no collaborator, so the agent does not answer`, subject)
        }
        const conversation = ConversationId.make(subject)
        const asker = new Asker({
          id: `github:${login.toLowerCase()}`,
          name: login,
          login,
          guest: false,
          sharedChannel: false
        })
        const key = comment === undefined ? `github:${event}:${thread.id}` : `github:comment:${comment.id}`
        const words = text.replace(mention, "").trim()
        const command = words.toLowerCase().replace(/[.!]+$/, "")
        if (stopWords.has(command)) {
          const stopped = yield* turns.stopAll(conversation, login)
          return decided(stopped.length > 0 ? "accepted" : "unchanged", `Stopped ${stopped.length} turns`, subject)
        }
        const answer = planAnswerOf(command)
        if (answer !== undefined) {
          const waiting = (yield* store.open).find(
            (turn) => turn.conversation === conversation && turn.state === "waiting"
          )
          const approval = waiting === undefined ? undefined : recordOf(yield* store.entries(waiting.id)).approval
          if (waiting !== undefined && approval?.verdict === "open") {
            const { calls, digest } = approval.entry
            const { missing, without } = leftOutBy(answer, calls)
            const refuse = (message: string) =>
              Effect.as(
                reply(project.value.repository, thread.number, `refusal:${key}`, `@${login} ${message}`),
                decided("ignored", message, subject)
              )
            if (missing.length > 0) return yield* refuse(notThere(missing, calls.length))
            const { approve } = answer
            const done = !approve ? "rejected it" : without.length === 0 ? "approved it" : "approved a part of it"
            return yield* turns.decide(waiting.id, { digest, approve, by: asker, without }).pipe(
              Effect.as(decided("accepted", `${login} ${done}`, subject)),
              Effect.catchTag("DecisionRefused", ({ message }) => refuse(message))
            )
          }
        }
        const { receipt, turn } = yield* turns.say({
          conversation,
          key,
          asker,
          repository: project.value.repository,
          about: subject,
          text: (said.body ?? "").replace(mention, "").trim() || "(nothing but the mention)"
        })
        return decided(
          receipt === "known" ? "unchanged" : "accepted",
          `The agent works on it: turn ${turn.id}`,
          subject
        )
      },
      Effect.mapError(
        (cause) => new DeliveryHandlingFailed({ message: "The agent could not take this up.", retryable: true, cause })
      )
    )
  }
})
