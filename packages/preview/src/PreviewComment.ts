/** The one comment on a pull request: a pure rendering of the preview as it is. */
import { DateTime, Duration } from "effect"
import type { Preview, PreviewId, Stage } from "./Preview.ts"

/** GitHub's limit for a comment, in characters. https://docs.github.com/en/rest/issues/comments (read 2026-11-21) */
export const maxCommentLength = 65_536

/** The hidden first line by which a comment is found again, by whatever process looks. */
export const commentMarker = (id: PreviewId): string => `<!-- productbuilding:preview:${id} -->`

/** Whether a comment is the one of this preview. A quotation of it is not: the marker must be the beginning. */
export const isPreviewComment = (body: string, id: PreviewId): boolean => body.trimStart().startsWith(commentMarker(id))

const stageNames: Readonly<Record<Stage, string>> = {
  fetch: "Fetch source",
  contract: "Read contract",
  compose: "Check compose file",
  build: "Build",
  start: "Start",
  migrate: "Migrate",
  readiness: "Wait until it answers",
  "post-deploy": "Post-deploy commands"
}

/** Text of others as one line of Markdown that mentions nobody, links nothing and breaks no table. */
const inline = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[\\`*_{}[\]()#+!|<>~&]/g, (character) => `\\${character}`)
    .replace(/@/g, "@\u200b")
    .replace(/(https?):\/\//gi, "$1:\u200b//")

/** Text of others as it is, in a fence that it cannot close. */
const fenced = (text: string): string => {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length))
  const fence = "`".repeat(longest + 1)
  return `${fence}text\n${text}\n${fence}`
}

/** A note keeps its lines, each made harmless. */
const quoted = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => `> ${inline(line)}`)
    .join("\n")

const commitLink = (preview: Preview, sha: string): string => {
  const base = preview.pullRequestUrl.replace(/\/pull\/\d+$/, "")
  return `[\`${sha.slice(0, 7)}\`](${base}/commit/${sha})`
}

const seconds = (duration: Duration.Duration): string => {
  const total = Duration.toSeconds(duration)
  return total < 60 ? `${total.toFixed(1)} s` : `${Math.floor(total / 60)} min ${Math.round(total % 60)} s`
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
      return `✅ **Preview ready** at **[${preview.host}](${preview.url})** for ${commit}`
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
  const old = preview.runningSha
  switch (preview.state) {
    case "pending":
    case "building":
    case "deploying":
      return old === null || old === preview.sha
        ? [`It will answer at ${preview.url}`]
        : [`Until then ${commitLink(preview, old)} goes on answering at ${preview.url}`]
    case "blocked":
      return [
        "This commit comes from a fork, and its code would run on the operator's machine. Having looked at it, an operator allows this very commit with",
        fenced(`productbuilding preview approve ${preview.id} --sha ${preview.sha}`)
      ]
    case "failed": {
      if (preview.failure === null) return []
      const stage = preview.failure.stage
      const where = stage === "teardown" ? "Teardown" : stageNames[stage]
      return [`**${where}:** ${inline(preview.failure.summary)}`]
    }
    default:
      return []
  }
}

const stageTable = (preview: Preview): ReadonlyArray<string> => {
  const done = preview.stages.filter(({ endedAt }) => endedAt !== null)
  if (done.length === 0) return []
  const failed = preview.state === "failed" ? preview.failure?.stage : undefined
  const rows = preview.stages.flatMap(({ endedAt, stage, startedAt }) =>
    endedAt === null
      ? []
      : [
          `| ${failed === stage ? "❌" : "✅"} ${stageNames[stage]} | ${seconds(DateTime.distance(startedAt, endedAt))} |`
        ]
  )
  const first = preview.stages[0]?.startedAt
  const last = done.at(-1)?.endedAt
  const total =
    first === undefined || last === undefined || last === null
      ? ""
      : `| **Total** | **${seconds(DateTime.distance(first, last))}** |`
  return [["| Stage | Took |", "|---|--:|", ...rows, total].filter((line) => line !== "").join("\n")]
}

const fold = (summary: string, content: string) => `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`

/** The comment's body. The same row always gives the same text. The log is cut at its beginning to fit GitHub's limit. */
export const renderPreviewComment = (preview: Preview): string => {
  const parts = [commentMarker(preview.id), headline(preview), ...explanation(preview)]
  if (preview.state === "ready" && preview.note !== null) parts.push(quoted(preview.note))
  const tail = preview.state === "ready" || preview.state === "failed" ? stageTable(preview) : []
  const render = (evidence: string) =>
    [...parts, ...(evidence === "" ? [] : [fold("Log", fenced(evidence))]), ...tail].join("\n\n")
  const evidence = preview.state === "failed" ? (preview.failure?.evidence ?? "") : ""
  const whole = render(evidence)
  if (whole.length <= maxCommentLength) return whole
  const notice = "(the beginning of the log was cut)\n"
  return render(notice + evidence.slice(whole.length - maxCommentLength + notice.length + 16))
}
