/** The few pages that a person may want to look at: what `html_url` leads to. */
import { type Answer, notFound, type Route, route } from "../http.ts"
import type { Repository, State } from "../state.ts"
import { isPull, type Thread, threadsOf } from "../threads.ts"

const escapeHtml = (text: string) => text.replaceAll(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`)

const html = (title: string, body: string): Answer => ({
  status: 200,
  headers: {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"
  },
  bytes: Buffer.from(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
  body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
  article { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .5rem; margin: 1rem 0; overflow: hidden }
  header { padding: .5rem 1rem; background: color-mix(in srgb, currentColor 7%, transparent) }
  pre { margin: 0; padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; font: .875rem/1.5 ui-monospace, monospace }
  small { opacity: .7 }
</style>
<h1>${escapeHtml(title)}</h1>
${body}
</html>`)
})

const stateOf = (thread: Thread) =>
  !isPull(thread)
    ? thread.state
    : thread.mergedAt !== null
      ? "merged"
      : thread.state === "open" && thread.draft
        ? "draft"
        : thread.state

const listPage = (repo: Repository): Answer =>
  html(
    repo.fullName,
    `<ul>${threadsOf(repo)
      .toReversed()
      .map(
        (thread) =>
          `<li><a href="/_web/${repo.fullName}/${isPull(thread) ? "pull" : "issues"}/${thread.number}">#${thread.number} ${escapeHtml(thread.title)}</a> <small>${stateOf(thread)}</small></li>`
      )
      .join("")}</ul>`
  )

const threadPage = (repo: Repository, thread: Thread): Answer => {
  const entry = (id: string, author: string, at: string, body: string) =>
    `<article id="${id}"><header><b>${escapeHtml(author)}</b> <small>${at}</small></header><pre>${escapeHtml(body)}</pre></article>`
  const comments = Array.from(repo.comments.values()).filter(({ issue }) => issue === thread.number)
  const from = !isPull(thread) || thread.headRepository === repo.fullName ? "" : `${thread.headRepository}:`
  const head = isPull(thread)
    ? ` · <code>${escapeHtml(from + thread.headRef)}</code> at <code>${thread.headSha.slice(0, 7)}</code>`
    : ""
  return html(
    `${thread.title} #${thread.number}`,
    `<p><a href="/_web/${repo.fullName}">${escapeHtml(repo.fullName)}</a> · ${stateOf(thread)}${head}</p>
${entry("description", thread.author, thread.createdAt, thread.body === "" ? "No description provided." : thread.body)}
${comments.map((one) => entry(`issuecomment-${one.id}`, one.author, one.updatedAt, one.body)).join("\n")}`
  )
}

export const webRoutes = (state: State): ReadonlyArray<Route> => [
  route("GET", "/_web/:owner/:repo", ({ params }) => {
    const repo = state.repositories.get(`${params["owner"]}/${params["repo"]}`.toLowerCase())
    return repo === undefined ? notFound : listPage(repo)
  }),
  route("GET", "/_web/:owner/:repo/issues/:number", ({ params }) => {
    const repo = state.repositories.get(`${params["owner"]}/${params["repo"]}`.toLowerCase())
    const issue = repo?.issues.get(Number(params["number"]))
    return repo === undefined || issue === undefined ? notFound : threadPage(repo, issue)
  }),
  route("GET", "/_web/:owner/:repo/pull/:number", ({ params }) => {
    const repo = state.repositories.get(`${params["owner"]}/${params["repo"]}`.toLowerCase())
    const pull = repo?.pulls.get(Number(params["number"]))
    return repo === undefined || pull === undefined ? notFound : threadPage(repo, pull)
  })
]
