/** `preview show` */
import { Preview, stageNames } from "@productbuilding/preview"
import { ago, duration, shortSha } from "@productbuilding/server/pages/Words"
import { Clock, Console, DateTime, Effect } from "effect"
import { harmless, hint, inStateColor, oneLine, palette, printJson, stateWord } from "../Output.ts"
import { previewPath } from "../PreviewReference.ts"
import { Server } from "../Server.ts"

/** Shows everything about one preview. */
export const previewShow = Effect.fnUntraced(function* (options: { readonly preview: string; readonly json: boolean }) {
  const server = yield* Server
  const { id: _, ...params } = yield* previewPath(options.preview)
  const preview = yield* server.call((api) => api.previews.get({ params }))
  if (options.json) return yield* printJson(Preview, preview)
  const colors = yield* palette
  const now = yield* Clock.currentTimeMillis
  const since = (at: DateTime.Utc) => ago(DateTime.toEpochMillis(at), now)
  const commit =
    preview.runningSha !== null && preview.runningSha !== preview.sha
      ? `${shortSha(preview.sha)} (${shortSha(preview.runningSha)} goes on answering until it is ready)`
      : shortSha(preview.sha)
  const facts: ReadonlyArray<readonly [string, string]> = [
    [
      "State",
      inStateColor(colors, preview.state, stateWord(preview.state)) + colors.dim(`, ${since(preview.updatedAt)}`)
    ],
    ["URL", preview.url],
    ["Commit", `${commit}${preview.headRef === "" ? "" : ` on ${oneLine(preview.headRef)}`}`],
    ["By", oneLine(preview.author) + (preview.fromFork ? colors.wait(" (from a fork)") : "")],
    ["Pull request", preview.pullRequestUrl],
    ["Environment", preview.environment],
    ["Note", oneLine(preview.note ?? "")]
  ]
  const lines = [
    `${colors.bold(`${preview.repository}#${preview.pullRequest}`)}  ${oneLine(preview.title)}`,
    "",
    ...facts.filter(([, value]) => value !== "").map(([name, value]) => `${colors.dim(name.padEnd(14))}${value}`)
  ]
  if (preview.stages.length > 0) lines.push("", ...stageLines(preview, now, colors))
  if (preview.failure !== null) {
    lines.push("", colors.bad(`Failed in ${preview.failure.stage}: ${harmless(preview.failure.summary)}`))
    if (preview.failure.evidence !== "") {
      lines.push(
        ...harmless(preview.failure.evidence.trimEnd())
          .split("\n")
          .map((line) => `  ${line}`)
      )
    }
  }
  yield* Console.log(lines.join("\n"))
  const next = nextStep(preview)
  if (next !== undefined) yield* hint(`\n${next}`)
})

const stageLines = (
  { failure, stages, state }: Preview,
  now: number,
  colors: Effect.Success<typeof palette>
): ReadonlyArray<string> =>
  stages.map(({ endedAt, stage, startedAt }) => {
    const failed = state === "failed" && failure?.stage === stage
    const sign = failed ? colors.bad("✗") : endedAt === null ? colors.busy("▸") : colors.good("✓")
    const took = duration(
      (endedAt === null ? now : DateTime.toEpochMillis(endedAt)) - DateTime.toEpochMillis(startedAt)
    )
    return `${sign} ${stageNames[stage].padEnd(24)}${took.padStart(9)}`
  })

const nextStep = ({ id, sha, state }: Preview): string | undefined => {
  switch (state) {
    case "pending":
    case "building":
    case "deploying":
      return `\`productbuilding preview redeploy ${id} --wait\` starts it over; \`productbuilding preview logs ${id} --follow\` shows what it prints.`
    case "ready":
      return `\`productbuilding preview logs ${id}\` shows what it prints.`
    case "failed":
      return `After a fix, push again, or try the same commit with \`productbuilding preview redeploy ${id} --wait\`.`
    case "blocked":
      return `Its code would run on the server's machine. Having read it: \`productbuilding preview approve ${id} --sha ${sha}\`.`
    default:
      return undefined
  }
}
