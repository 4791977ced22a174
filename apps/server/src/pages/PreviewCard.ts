/** One preview in the dashboard's list, and the bar of its stages. Pure, and in the browser too. */
import { type Html, href, html } from "./Html.ts"
import { duration, logPath, type PreviewRow, plainText, shortSha, sign, stateWords, totalMs, when } from "./Words.ts"

const running = (row: PreviewRow) => stateWords[row.state].group === "progress"

const stageTone = (row: PreviewRow, stage: PreviewRow["stages"][number]): string => {
  if (row.failure?.stage === stage.stage) return "bad"
  if (stage.endedAt !== null) return "done"
  return running(row) ? "now" : "cut"
}

/** Stages side by side, as wide as they took long. The list below says the same in words. */
const stageBar = (row: PreviewRow, now: number): Html => {
  const gap = 0.8
  const spans = row.stages.map((stage) => Math.max(0, (stage.endedAt ?? now) - stage.startedAt))
  const total = spans.reduce((sum, span) => sum + span, 0)
  const room = 100 - gap * Math.max(0, spans.length - 1)
  // NOTE: the square root keeps short stages visible beside a long build.
  const weights = spans.map((span) => Math.sqrt(span / Math.max(1, total)) + 0.05)
  const weight = weights.reduce((sum, one) => sum + one, 0)
  let x = 0
  const rects = row.stages.map((stage, index) => {
    const width = ((weights[index] ?? 0) / weight) * room
    const rect = html`<rect class="${stageTone(row, stage)}" x="${x.toFixed(2)}" width="${width.toFixed(2)}" height="6"/>`
    x += width + gap
    return rect
  })
  return html`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">${rects}</svg>`
}

const stageList = (row: PreviewRow, now: number): Html => {
  const items = row.stages.map((stage) => {
    const span = duration((stage.endedAt ?? now) - stage.startedAt)
    const tone = stageTone(row, stage)
    const note = tone === "bad" ? " (failed)" : tone === "now" ? " (running)" : tone === "cut" ? " (interrupted)" : ""
    return html`<li class="${tone}">${stage.stage}<span class="quiet"> ${span}${note}</span></li>`
  })
  const total = totalMs(row, now)
  return html`<ol class="stages" aria-label="Stages of the deployment">${
    total !== null &&
    row.stages.length > 1 &&
    html`<li class="total"><span class="sr">In total </span>${duration(total)}</li>`
  }${items}</ol>`
}

/** The cause of a failure, with the end of the log folded in. */
export const failureNote = (failure: NonNullable<PreviewRow["failure"]>, open: boolean): Html => {
  const evidence = plainText(failure.evidence).trim()
  return html`<div class="cause"><p><strong>Failed at ${failure.stage}.</strong> <span class="text">${failure.summary}</span></p>${
    evidence !== "" &&
    html`<details${open && html` open`}><summary>Evidence</summary><pre tabindex="0">${evidence}</pre></details>`
  }</div>`
}

/** What lets a fork's commit run. */
export const approveCommand = (row: PreviewRow): string =>
  `productbuilding preview redeploy ${row.repository} ${row.pullRequest} --approve ${row.sha}`

/** A button that copies; the browser's script gives it life, and without script it is not shown. */
export const copyButton = (text: string, what: string): Html =>
  html`<button type="button" class="copy" data-copy="${text}" aria-label="Copy ${what}">Copy</button>`

const approval = (row: PreviewRow): Html => html`<div class="cause calm"><p><strong>Waiting for an approval.</strong>
  <span class="text">This commit comes from a fork, and its code would run on your machine. Read it, then:</span></p>
  <div class="command"><code>${approveCommand(row)}</code>${copyButton(approveCommand(row), "the command")}</div></div>`

/** `acme/shop#12` as an element's id. */
export const cardId = (id: string): string => `preview-${id.replace(/[^a-zA-Z0-9]/g, "-")}`

export const previewCard = (row: PreviewRow, now: number): Html => {
  const { tone, word, group } = stateWords[row.state]
  const serving = row.runningSha !== null && (row.state === "ready" || running(row))
  const older = serving && row.runningSha !== null && row.runningSha !== row.sha ? row.runningSha : null
  const label = `${row.repository} #${row.pullRequest}`
  return html`<li class="card tone-${tone}" id="${cardId(row.id)}" data-id="${row.id}" data-version="${row.version}">
<article tabindex="-1" aria-label="${label}: ${row.title}, ${word}">
<p class="state"><span class="badge">${sign(row.state)}${word}</span></p>
<div class="body">
<p class="where"><span class="repo">${row.repository}</span> <span class="number">#${row.pullRequest}</span>${
    row.fromFork && html` <span class="tag">fork</span>`
  }</p>
<h3>${row.title}</h3>
<p class="facts"><span><code title="${row.sha}">${shortSha(row.sha)}</code> on <span class="ref">${row.headRef}</span></span>
<span>by ${row.author}</span><span>${when(row.updatedAt, now)}</span>${
    older !== null && html`<span class="older">still serving <code>${shortSha(older)}</code></span>`
  }</p>
${row.state === "failed" && row.failure !== null && failureNote(row.failure, false)}${row.state === "blocked" && approval(row)}${
  group !== "closed" && row.stages.length > 0 && html`${stageBar(row, now)}${stageList(row, now)}`
}</div>
<p class="links">${
    serving &&
    html`<a class="button" data-key="open" href="${href(row.url)}">Open preview<span class="sr"> of ${label}</span></a>`
  }<a data-key="pull" href="${href(row.pullRequestUrl)}">Pull request<span class="sr"> ${label}</span></a>${
    group !== "closed" && html`<a data-key="log" href="${logPath(row)}">Log<span class="sr"> of ${label}</span></a>`
  }</p>
</article></li>`
}
