/** The one comment on a pull request: a pure rendering of the preview as it is. */
import { DateTime, Duration } from "effect"
import { clip, codeSpan, fenced, inlineText, plainLog, quoted } from "./internal/markdown.ts"
import type { Preview, PreviewFailure, PreviewId, Stage } from "./Preview.ts"

/** GitHub's limit for a comment, in characters. https://docs.github.com/en/rest/issues/comments (read 2026-11-21) */
export const maxCommentLength = 65_536

/** Longer causes are cut; the log has the rest. */
const maxSummaryLength = 2000

/** The hidden first line by which a comment is found again, by whatever process looks. */
export const commentMarker = (id: PreviewId): string => `<!-- productbuilding:preview:${id} -->`

/** Whether a comment is the one of this preview. A quotation of it is not: the marker must be the beginning. */
export const isPreviewComment = (body: string, id: PreviewId): boolean => body.trimStart().startsWith(commentMarker(id))

/**
 * The comment's body: the state with URL and commit, what to do where somebody must do something, the contract's note,
 * the cause and the log of a failure, and how long each stage took. The same row always gives the same text. Text of
 * others (note, cause, log) mentions nobody, links nothing, and stays in its place. Never longer than
 * `maxCommentLength`: the log is cut at its beginning, and says so.
 */
export const renderPreviewComment = (preview: Preview): string => {
  const before = [commentMarker(preview.id), headline(preview), ...explanation(preview)]
  const after = stageTable(preview)
  const render = (log: ReadonlyArray<string>) => [...before, ...log, ...after].join("\n\n")
  const failure = preview.state === "failed" ? preview.failure : null
  const log = failure === null ? "" : plainLog(failure.evidence)
  if (log === "") return render([])
  const mistakes = mistakeList(log)
  if (mistakes !== undefined) return render([mistakes])
  const withLog = (text: string) => render([fold("The end of the log", fenced(text))])
  let body = withLog(log)
  // NOTE: a fence is longer than the longest run of backticks inside it, so a log of backticks takes up to three times its room.
  for (let room = maxCommentLength - withLog("").length; body.length > maxCommentLength; room = Math.floor(room / 2)) {
    body = withLog(cutAtStart(log, room))
  }
  return body
}

/** A few mistakes with their places, as `renderProblems` writes them, are the answer itself and no log. */
const mistakeList = (text: string): string | undefined => {
  const lines = text.split("\n").map((line) => /^(\S+:\d+:\d+) (.+)$/.exec(line))
  if (lines.length > 20 || lines.includes(null)) return undefined
  return lines
    .map((line) => `- ${codeSpan(clip(line?.[1] ?? "", 300))} ${inlineText(clip(line?.[2] ?? "", 500))}`)
    .join("\n")
}

const headline = (preview: Preview): string => {
  const commit = commitLink(preview, preview.sha)
  switch (preview.state) {
    case "pending":
      return `⏳ **Preview queued** for ${commit}`
    case "building":
      return `🔨 **Building the preview** of ${commit}`
    case "deploying":
      return `🚀 **Starting the preview** of ${commit}`
    case "ready":
      return `✅ **Preview ready** at **${hostLink(preview)}** for ${commit}`
    case "failed":
      return preview.failure?.stage === "teardown"
        ? "⚠️ **The preview could not be removed**"
        : `❌ **Preview failed** for ${commit}`
    case "blocked":
      return `🔒 **Preview of ${commit} waits for an approval**`
    case "closing":
      return "🧹 **Removing the preview**"
    case "deleted":
      return "🗑️ **Preview removed**: its containers, networks, volumes and images are gone"
  }
}

const explanation = (preview: Preview): ReadonlyArray<string> => {
  const { failure, note, runningSha, sha, state } = preview
  switch (state) {
    case "pending":
    case "building":
    case "deploying":
      return runningSha === null || runningSha === sha
        ? [`It will answer at ${hostLink(preview)}.`]
        : [`Until it is ready, ${commitLink(preview, runningSha)} goes on answering at ${hostLink(preview)}.`]
    case "ready":
      return note === null || note.trim() === "" ? [] : [quoted(note)]
    case "blocked":
      return [
        "This commit comes from a fork, and its code would run on the operator's machine. Having looked at it, an operator allows this very commit with",
        fenced(`productbuilding preview approve ${preview.id} --sha ${sha}`, "sh")
      ]
    case "failed":
      return failure === null ? [] : causeOf(preview, failure)
    case "closing":
    case "deleted":
      return []
  }
}

const causeOf = (preview: Preview, { stage, summary }: PreviewFailure): ReadonlyArray<string> => {
  const cause = inlineText(clip(summary, maxSummaryLength))
  return stage === "teardown"
    ? [cause, `An operator can try again with \`productbuilding preview rm ${preview.id}\`.`]
    : [
        `**${stageNames[stage]}:** ${cause}`,
        `The next push tries again; an operator can try this commit again with \`productbuilding preview redeploy ${preview.id}\`.`
      ]
}

const hostLink = ({ host, url }: Preview): string => `[${host}](${url})`

const commitLink = ({ pullRequestUrl }: Preview, sha: string): string =>
  `[\`${sha.slice(0, 7)}\`](${pullRequestUrl.replace(/\/pull\/\d+$/, "")}/commit/${sha})`

const cutNotice = "(the beginning was cut off)"

/** The end of a text, from the beginning of a line, with a word about what is missing. */
const cutAtStart = (text: string, maximum: number): string => {
  const tail = text.slice(text.length - Math.max(0, maximum - cutNotice.length - 1))
  const line = tail.indexOf("\n")
  const whole = line === -1 || line > 2000 ? tail.replace(/^[\udc00-\udfff]/, "") : tail.slice(line + 1)
  return `${cutNotice}\n${whole}`
}

const fold = (title: string, content: string): string =>
  `<details>\n<summary>${title}</summary>\n\n${content}\n\n</details>`

/** Only what is over: the comment is not edited at every stage, and a finished one stays true. */
const stageTable = (preview: Preview): ReadonlyArray<string> => {
  if (preview.state !== "ready" && preview.state !== "failed" && preview.state !== "deploying") return []
  const done = preview.stages.flatMap(({ endedAt, stage, startedAt }) =>
    endedAt === null ? [] : [{ endedAt, stage, startedAt }]
  )
  const first = done[0]
  const last = done.at(-1)
  if (first === undefined || last === undefined) return []
  const failed = preview.state === "failed" ? preview.failure?.stage : undefined
  const rows = done.map(
    ({ endedAt, stage, startedAt }) =>
      `| ${failed === stage ? "❌" : "✅"} ${stageNames[stage]} | ${spell(DateTime.distance(startedAt, endedAt))} |`
  )
  const total = spell(DateTime.distance(first.startedAt, last.endedAt))
  const title = { ready: `Ready after ${total}`, failed: `Failed after ${total}`, deploying: `So far ${total}` }
  return [fold(title[preview.state], ["| Stage | Took |", "| --- | ---: |", ...rows].join("\n"))]
}

/** What the stages of a deployment are called, wherever people read of them. */
export const stageNames: Readonly<Record<Stage, string>> = {
  fetch: "Fetch source",
  contract: "Read contract",
  compose: "Check compose file",
  build: "Build",
  start: "Start",
  migrate: "Migrate",
  readiness: "Wait until it answers",
  "post-deploy": "Post-deploy commands"
}

const spell = (duration: Duration.Duration): string => {
  const seconds = Duration.toSeconds(duration)
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}
