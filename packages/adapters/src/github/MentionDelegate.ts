/** `Delegate` by a comment on the issue: it mentions the project's coding agent, or goes before its being assigned. */
import { Delegate, Issues, NoDelegate } from "@productbuilding/agent"
import {
  bearsMark,
  CodeHost,
  CodeHostError,
  hiddenMark,
  makeOnce,
  ProjectRegistry,
  type PullRequestNumber,
  parseThreadId,
  Rejected,
  type RepositoryName,
  ResourceLedger,
  threadId
} from "@productbuilding/core"
import { Effect, Layer, Option, Schedule } from "effect"
import { GitHubConnection, isOwn } from "./GitHubConnection.ts"

/** GitHub takes 65,536 characters; what stands around the instructions needs few of the rest. */
const maxInstructions = 60_000

/** GitHub shows what was written within moments. */
const lookAgain = Schedule.spaced("500 millis").pipe(Schedule.upTo({ times: 2 }))

const isUnsure = ({ reason }: CodeHostError) => reason._tag === "Unavailable"

/** A text without what Markdown would make something of. */
const plain = (text: string) => text.replace(/[\\`*_<>@[\]#\s]+/g, " ").trim()

/** The account of an App cannot be mentioned. It takes an issue up when it is assigned. */
const isApp = (agent: string) => agent.endsWith("[bot]")

/**
 * As whom GitHub shows an agent that was assigned. Its own is assigned as `copilot-swe-agent[bot]` and shown as `Copilot`.
 * https://docs.github.com/en/copilot/how-tos/use-copilot-agents/cloud-agent/start-copilot-sessions#adding-assignees-to-an-existing-issue
 */
const shownAs = (agent: string) => (agent === "copilot-swe-agent[bot]" ? "copilot" : agent.toLowerCase())

/**
 * Hands issues over to the account that a project's `delegateMention` names. One comment holds the instructions. For an
 * App's account (`…[bot]`), which cannot be mentioned, the comment mentions nobody, and the account is assigned then: what
 * such an agent reads is the issue as it is when it is assigned. Any other account is mentioned in the comment.
 *
 * The comment and the assignment are each made once. Fails with `Rejected` when GitHub does not assign the agent. Its own
 * agent needs a person's token: to an App GitHub says that it is not available.
 * https://github.com/github/gh-aw/issues/19765 (read 2026-11-21)
 */
export const layer: Layer.Layer<
  Delegate,
  never,
  CodeHost | GitHubConnection | Issues | ProjectRegistry | ResourceLedger
> = Layer.effect(
  Delegate,
  Effect.gen(function* () {
    const connection = yield* GitHubConnection
    const host = yield* CodeHost
    const issues = yield* Issues
    const ledger = yield* ResourceLedger
    const registry = yield* ProjectRegistry

    const commentOnce = (
      repository: RepositoryName,
      number: PullRequestNumber,
      { ownerKey, text }: { readonly ownerKey: string; readonly text: string }
    ) => {
      const mark = hiddenMark(ownerKey)
      return makeOnce({
        ownerKey,
        kind: "comment",
        subject: threadId(repository, number),
        find: Effect.gen(function* () {
          const own = yield* connection.login(repository)
          const comments = yield* host.comments(repository, number)
          const found = comments.find(({ author, body }) => isOwn(own, author) && bearsMark(body, mark))
          return Option.map(Option.fromUndefinedOr(found), ({ id }) => id)
        }),
        make: Effect.map(host.createComment(repository, number, `${mark}\n${text}`), ({ id }) => id),
        isUnsure,
        lookAgain
      })
    }

    const assignOnce = (repository: RepositoryName, number: PullRequestNumber, agent: string, ownerKey: string) => {
      const isThere = (logins: ReadonlyArray<string>) => logins.some((login) => login.toLowerCase() === shownAs(agent))
      return makeOnce({
        ownerKey: `${ownerKey}:assignee`,
        kind: "assignee",
        subject: threadId(repository, number),
        find: Effect.map(host.thread(repository, number), ({ assignees }) =>
          isThere(assignees) ? Option.some(agent) : Option.none()
        ),
        make: Effect.gen(function* () {
          if (isThere(yield* issues.assign(repository, number, [agent]))) return agent
          const detail = `${agent} may not be assigned here: give it access to the repository, or name another delegateMention`
          return yield* new CodeHostError({
            operation: `assigning #${number}`,
            repository,
            reason: new Rejected({ status: 200, detail })
          })
        }),
        isUnsure,
        lookAgain
      })
    }

    return Delegate.of({
      handOver: Effect.fn("MentionDelegate.handOver")(
        function* ({ instructions, issue, ownerKey, requester }) {
          const named = parseThreadId(issue)
          const { number } = named
          const project = Option.getOrUndefined(registry.find(named.repository))
          const agent = project?.delegateMention?.replace(/^@/, "")
          if (project === undefined || agent === undefined) {
            return yield* new NoDelegate({ repository: named.repository })
          }
          const { repository } = project
          const { url } = yield* issues.get(repository, number)
          const asked = isApp(agent)
            ? `**${plain(requester)}** hands this over to **${plain(agent.replace("[bot]", ""))}**:`
            : `@${agent}, **${plain(requester)}** asks you to do this:`
          const text = `${asked}\n\n${instructions.slice(0, maxInstructions)}`
          const comment = yield* commentOnce(repository, number, { ownerKey, text })
          if (isApp(agent)) yield* assignOnce(repository, number, agent, ownerKey)
          return { to: agent, url: `${url}#issuecomment-${comment.id}` }
        },
        Effect.provideService(ResourceLedger, ledger)
      )
    })
  })
)
