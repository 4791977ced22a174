/** Which previews the dashboard shows, in which order, and under which heading. Pure, and in the browser too. */
import { type Html, html } from "./Html.ts"
import { previewCard } from "./PreviewCard.ts"
import { type PreviewRow, type StateWords, stateWords } from "./Words.ts"

export type Group = StateWords["group"]

/** What a visitor wants to see. Empty strings mean everything. */
export interface Filter {
  /** `owner/name`. */
  readonly repo: string
  /** A group's name. */
  readonly state: string
  /** Found in title, author, branch, commit, repository or number. */
  readonly q: string
}

export const groups: ReadonlyArray<{ readonly key: Group; readonly title: string }> = [
  { key: "attention", title: "Needs attention" },
  { key: "progress", title: "In progress" },
  { key: "live", title: "Ready" },
  { key: "closed", title: "Recently closed" }
]

const maxClosed = 6

const groupOf = (row: PreviewRow): Group => stateWords[row.state].group

const matches = (row: PreviewRow, filter: Filter): boolean => {
  if (filter.repo !== "" && row.repository.toLowerCase() !== filter.repo.toLowerCase()) return false
  if (filter.state !== "" && groupOf(row) !== filter.state) return false
  const text =
    `${row.repository} #${row.pullRequest} ${row.title} ${row.author} ${row.headRef} ${row.sha}`.toLowerCase()
  return filter.q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/** The rows of each group, newest change first. Of closed ones only the newest few, unless they are asked for. */
export const grouped = (
  rows: ReadonlyArray<PreviewRow>,
  filter: Filter
): ReadonlyArray<{ readonly key: Group; readonly title: string; readonly rows: ReadonlyArray<PreviewRow> }> => {
  const shown = rows.filter((row) => matches(row, filter)).sort((left, right) => right.updatedAt - left.updatedAt)
  return groups.map(({ key, title }) => {
    const own = shown.filter((row) => groupOf(row) === key)
    return { key, title, rows: key === "closed" && filter.state !== "closed" ? own.slice(0, maxClosed) : own }
  })
}

/** How many previews of the chosen repository are in each group. */
export const countOf = (rows: ReadonlyArray<PreviewRow>, repo: string, group: string): number =>
  rows.filter((row) => matches(row, { repo, state: group, q: "" })).length

/** Every repository with a preview, and those registered, in alphabetical order. */
export const repositoriesOf = (
  rows: ReadonlyArray<PreviewRow>,
  registered: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const names = new Map([...rows.map((row) => row.repository), ...registered].map((name) => [name.toLowerCase(), name]))
  return [...names.values()].sort((left, right) => left.localeCompare(right))
}

/** All groups; those without rows are there but hidden, so that the browser can fill them. */
export const previewList = (rows: ReadonlyArray<PreviewRow>, filter: Filter, now: number): Html => {
  const sections = grouped(rows, filter).map(
    (group) =>
      html`<section class="group" data-group="${group.key}" aria-labelledby="group-${group.key}"${
        group.rows.length === 0 && html` hidden`
      }><h2 id="group-${group.key}">${group.title}</h2><ul class="sheet">${group.rows.map((row) => previewCard(row, now))}</ul></section>`
  )
  const none = rows.length > 0 && grouped(rows, filter).every((group) => group.rows.length === 0)
  return html`${sections}<p class="nothing" id="nothing"${!none && html` hidden`}>No preview fits this filter. <a href="/">Show all</a></p>`
}
