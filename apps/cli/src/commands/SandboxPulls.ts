/** `sandbox pr …` and `sandbox comments` */
import { SandboxClient, SandboxComment, SandboxPullRequest } from "@productbuilding/sandbox"
import { Console, Effect, FileSystem, Option, Schema } from "effect"
import { CommandFailure } from "../CommandFailure.ts"
import { harmless, hint, palette, printJson, printTable } from "../Output.ts"
import { previewPath } from "../PreviewReference.ts"

/** Files to write, by path in the repository, from files on this machine; and paths to delete. */
export interface Change {
  readonly file: Option.Option<Readonly<Record<string, string>>>
  readonly delete: ReadonlyArray<string>
}

const readChange = Effect.fnUntraced(function* (change: Change) {
  const fs = yield* FileSystem.FileSystem
  const written = yield* Effect.forEach(Object.entries(Option.getOrElse(change.file, () => ({}))), ([path, local]) =>
    fs.readFileString(local).pipe(
      Effect.map((text) => [path, text] as const),
      Effect.mapError(
        (error) => new CommandFailure({ kind: "usage", message: `${local} cannot be read (${error.reason._tag}).` })
      )
    )
  )
  return Object.fromEntries<string | null>([...written, ...change.delete.map((path) => [path, null] as const)])
})

const repositoryName = (text: string): Effect.Effect<string, CommandFailure> =>
  /^[^/\s]+\/[^/\s#]+$/.test(text)
    ? Effect.succeed(text)
    : Effect.fail(new CommandFailure({ kind: "usage", message: `${text} is no repository; write owner/name.` }))

const say = Effect.fnUntraced(function* (pull: SandboxPullRequest, repository: string, done: string) {
  yield* Console.log(`${repository}#${pull.number} “${pull.title}” ${done} (${pull.headSha.slice(0, 7)}).`)
  yield* hint(`\`productbuilding preview show ${repository}#${pull.number}\` shows what comes of it.`)
})

/** Opens a pull request; its webhook goes out at once. */
export const sandboxOpen = Effect.fnUntraced(function* (
  options: {
    readonly repository: string
    readonly title: string
    readonly author: string
    readonly branch: Option.Option<string>
    readonly fork: Option.Option<string>
  } & Change
) {
  const sandbox = yield* SandboxClient
  const change = yield* readChange(options)
  const repository = yield* repositoryName(options.repository)
  const pull = yield* sandbox.openPullRequest(repository, {
    title: options.title,
    author: options.author,
    change,
    ...Option.match(options.branch, { onNone: () => ({}), onSome: (branch) => ({ branch }) }),
    ...Option.match(options.fork, { onNone: () => ({}), onSome: (fork) => ({ fork }) })
  })
  yield* say(pull, options.repository, "was opened")
})

/** Pushes a commit; without files it is one that changes nothing. */
export const sandboxPush = Effect.fnUntraced(function* (options: { readonly pull: string } & Change) {
  const sandbox = yield* SandboxClient
  const { owner, pr, repo } = yield* previewPath(options.pull)
  const change = yield* readChange(options)
  const pull = yield* sandbox.push(`${owner}/${repo}`, pr, { change })
  yield* say(pull, `${owner}/${repo}`, "has a new head")
})

/** Closes, merges or reopens. */
export const sandboxChangeState = Effect.fnUntraced(function* (options: {
  readonly pull: string
  readonly action: "close" | "merge" | "reopen"
}) {
  const sandbox = yield* SandboxClient
  const { owner, pr, repo } = yield* previewPath(options.pull)
  const name = `${owner}/${repo}`
  const pull = yield* {
    close: sandbox.close(name, pr),
    merge: sandbox.close(name, pr, { merge: true }),
    reopen: sandbox.reopen(name, pr)
  }[options.action]
  const done = { close: "was closed", merge: "was merged", reopen: "was reopened" }[options.action]
  yield* say(pull, name, done)
})

/** Lists a repository's pull requests. */
export const sandboxPulls = Effect.fnUntraced(function* (options: {
  readonly repository: string
  readonly json: boolean
}) {
  const sandbox = yield* SandboxClient
  const repository = yield* repositoryName(options.repository)
  const pulls = yield* sandbox.pullRequests(repository)
  if (options.json) return yield* printJson(Schema.Array(SandboxPullRequest), pulls)
  if (pulls.length === 0) {
    return yield* hint(
      `${options.repository} has no pull request. Open one with \`productbuilding sandbox pr open ${options.repository}\`.`
    )
  }
  yield* printTable<SandboxPullRequest>(
    (colors) => [
      { title: "PULL REQUEST", text: ({ number }) => `${options.repository}#${number}` },
      {
        title: "STATE",
        text: ({ state }) => state,
        color: (text, { state }) => (state === "open" ? colors.good(text) : colors.dim(text))
      },
      { title: "HEAD", text: ({ headSha }) => headSha.slice(0, 7) },
      { title: "BRANCH", text: ({ headRef }) => headRef, shrinkTo: 10, optional: true },
      { title: "TITLE", text: ({ title }) => title, shrinkTo: 20 }
    ],
    pulls
  )
})

/** Prints the comments of a pull request. */
export const sandboxComments = Effect.fnUntraced(function* (options: {
  readonly pull: string
  readonly json: boolean
}) {
  const sandbox = yield* SandboxClient
  const { owner, pr, repo } = yield* previewPath(options.pull)
  const comments = yield* sandbox.comments(`${owner}/${repo}`, pr)
  if (options.json) return yield* printJson(Schema.Array(SandboxComment), comments)
  if (comments.length === 0) return yield* hint("Nobody has commented.")
  const colors = yield* palette
  yield* Console.log(
    comments
      .map(({ author, body, updatedAt }) => `${colors.bold(author)} ${colors.dim(updatedAt)}\n${harmless(body)}`)
      .join("\n\n")
  )
})
