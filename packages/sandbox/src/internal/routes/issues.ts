/** Issues, their labels and assignees; of pull requests too, where GitHub keeps them as issues. */
import { SandboxCloseReason } from "../../GitHubActivity.ts"
import {
  type Call,
  failure,
  field,
  invalid,
  json,
  loginOf,
  noContent,
  notFound,
  numberOf,
  optionalText,
  page,
  Refusal,
  type Route,
  repositoryOf,
  requiredText,
  route,
  textsOf
} from "../http.ts"
import { fullIssueJson, issueJson, labelJson, labelsJson } from "../json/issues.ts"
import type { Parts } from "../parts.ts"
import { includesRole, type Repository, type State } from "../state.ts"
import { isPull, issueOf, same, type Thread, threadOf, threadsOf } from "../threads.ts"
import { setPullState } from "./pulls.ts"

const listIssues = (repo: Repository, query: URLSearchParams): ReadonlyArray<Thread> | string => {
  const wanted = query.get("state") ?? "open"
  if (!["open", "closed", "all"].includes(wanted)) return "state"
  const since = query.get("since")
  if (since !== null && Number.isNaN(Date.parse(since))) return "since"
  const labels = (query.get("labels") ?? "").split(",").filter((name) => name !== "")
  const assignee = query.get("assignee")
  const creator = query.get("creator")
  const time = query.get("sort") === "updated" ? "updatedAt" : "createdAt"
  const ascending = threadsOf(repo)
    .filter(({ state }) => wanted === "all" || state === wanted)
    .filter(({ updatedAt }) => since === null || Date.parse(updatedAt) >= Date.parse(since))
    .filter((thread) => labels.every((name) => thread.labels.some(same(name))))
    .filter(({ author }) => creator === null || same(creator)(author))
    .filter(({ assignees }) => {
      if (assignee === null) return true
      if (assignee === "none") return assignees.length === 0
      return assignee === "*" ? assignees.length > 0 : assignees.some(same(assignee))
    })
    .toSorted((left, right) => left[time].localeCompare(right[time]) || left.number - right.number)
  return query.get("direction") === "asc" ? ascending : ascending.toReversed()
}

const titleOf = (call: Call): string | undefined => {
  const title = optionalText(call, "title")
  if (title?.trim() === "") throw new Refusal(invalid({ resource: "Issue", code: "missing_field", field: "title" }))
  return title
}

/** Labels come as names or as objects with a name. */
const labelNamesOf = (call: Call): ReadonlyArray<string> | undefined =>
  textsOf(Array.isArray(call.body) ? call.body : field(call.body, "labels"))

const loginsOf = (call: Call): ReadonlyArray<string> | undefined => {
  const one = optionalText(call, "assignee")
  return textsOf(field(call.body, "assignees")) ?? (one === undefined ? undefined : [one])
}

/** Who has a role in the repository, and who has written on the issue; anybody else is left out without a word. */
const isAssignable = (state: State, repo: Repository, thread: Thread, login: string) =>
  includesRole(state.permission(repo, login), "triage") ||
  repo.permissions.get(login.toLowerCase()) === "read" ||
  same(login)(thread.author) ||
  Array.from(repo.comments.values()).some(({ author, issue }) => issue === thread.number && same(login)(author))

export const issueRoutes = ({ issues, pulls, state }: Parts): ReadonlyArray<Route> => {
  const found = (call: Call) => {
    const repo = repositoryOf(state, call)
    const number = numberOf(call, "number")
    return { repo, number, thread: threadOf(repo, number) }
  }
  const shown = (repo: Repository, number: number, status = 200) =>
    json(fullIssueJson(state, repo, threadOf(repo, number)), status)
  const shownLabels = (repo: Repository, number: number) =>
    json(labelsJson(state.api(), repo, threadOf(repo, number).labels))

  const setState = (call: Call, repo: Repository, thread: Thread) => {
    const wanted = optionalText(call, "state")
    if (wanted === undefined) return
    if (wanted !== "open" && wanted !== "closed") {
      throw new Refusal(invalid({ resource: "Issue", code: "invalid", field: "state" }))
    }
    const by = loginOf(call)
    if (isPull(thread)) return void setPullState(pulls, repo, thread, wanted, by)
    const given = optionalText(call, "state_reason")
    const reason = SandboxCloseReason.literals.find((one) => one === given)
    if (given !== undefined && given !== "reopened" && reason === undefined) {
      throw new Refusal(invalid({ resource: "Issue", code: "invalid", field: "state_reason" }))
    }
    if (wanted === "closed") issues.close(repo, thread, reason, by)
    else issues.reopen(repo, thread, by)
  }

  return [
    route("GET", "/repos/:owner/:repo/issues", (call) => {
      const repo = repositoryOf(state, call)
      const listed = listIssues(repo, call.query)
      return typeof listed === "string"
        ? invalid({ resource: "Issue", code: "invalid", field: listed })
        : page(state, call, listed, (thread) => issueJson(state, repo, thread))
    }),
    route("POST", "/repos/:owner/:repo/issues", (call) => {
      const repo = repositoryOf(state, call)
      const { number } = issues.open(repo, {
        title: titleOf(call) ?? requiredText(call, "title"),
        body: optionalText(call, "body") ?? "",
        author: loginOf(call),
        labels: labelNamesOf(call) ?? [],
        assignees: loginsOf(call) ?? []
      })
      const answer = shown(repo, number, 201)
      return { ...answer, headers: { location: issueJson(state, repo, issueOf(repo, number)).url } }
    }),
    route("GET", "/repos/:owner/:repo/issues/:number", (call) => {
      const { number, repo } = found(call)
      return shown(repo, number)
    }),
    route("PATCH", "/repos/:owner/:repo/issues/:number", (call) => {
      const { number, repo, thread } = found(call)
      const to = { title: titleOf(call), body: optionalText(call, "body") }
      setState(call, repo, thread)
      issues.edit(repo, threadOf(repo, number), to, loginOf(call))
      const labels = labelNamesOf(call)
      if (labels !== undefined) issues.setLabels(repo, number, labels, loginOf(call))
      const logins = loginsOf(call)
      if (logins !== undefined) issues.setAssignees(repo, number, logins, loginOf(call))
      return shown(repo, number)
    }),
    route("GET", "/repos/:owner/:repo/issues/:number/labels", (call) => {
      const { repo, thread } = found(call)
      return page(state, call, labelsJson(state.api(), repo, thread.labels), (label) => label)
    }),
    route("POST", "/repos/:owner/:repo/issues/:number/labels", (call) => {
      const { number, repo } = found(call)
      for (const name of labelNamesOf(call) ?? []) issues.label(repo, number, name, loginOf(call))
      return shownLabels(repo, number)
    }),
    route("PUT", "/repos/:owner/:repo/issues/:number/labels", (call) => {
      const { number, repo } = found(call)
      issues.setLabels(repo, number, labelNamesOf(call) ?? [], loginOf(call))
      return shownLabels(repo, number)
    }),
    route("DELETE", "/repos/:owner/:repo/issues/:number/labels", (call) => {
      const { number, repo } = found(call)
      issues.setLabels(repo, number, [], loginOf(call))
      return noContent
    }),
    route("DELETE", "/repos/:owner/:repo/issues/:number/labels/:name", (call) => {
      const { number, repo, thread } = found(call)
      const name = call.params["name"] ?? ""
      if (!thread.labels.some(same(name))) return failure(404, "Label does not exist")
      issues.unlabel(repo, number, name, loginOf(call))
      return shownLabels(repo, number)
    }),
    route("POST", "/repos/:owner/:repo/issues/:number/assignees", (call) => {
      const { number, repo, thread } = found(call)
      for (const login of loginsOf(call) ?? []) {
        if (isAssignable(state, repo, thread, login)) issues.assign(repo, number, login, loginOf(call))
      }
      return shown(repo, number, 201)
    }),
    route("DELETE", "/repos/:owner/:repo/issues/:number/assignees", (call) => {
      const { number, repo } = found(call)
      for (const login of loginsOf(call) ?? []) issues.unassign(repo, number, login, loginOf(call))
      return shown(repo, number)
    }),
    route("GET", "/repos/:owner/:repo/labels", (call) => {
      const repo = repositoryOf(state, call)
      return page(state, call, Array.from(repo.labels.values()), (label) => labelJson(state.api(), repo, label))
    }),
    route("POST", "/repos/:owner/:repo/labels", (call) => {
      const repo = repositoryOf(state, call)
      const name = requiredText(call, "name")
      if (repo.labels.has(name.trim().toLowerCase())) {
        return invalid({ resource: "Label", code: "already_exists", field: "name" })
      }
      const color = optionalText(call, "color")
      const description = optionalText(call, "description") ?? ""
      const label = issues.addLabel(repo, { name, description, ...(color === undefined ? {} : { color }) })
      return json(labelJson(state.api(), repo, label), 201)
    }),
    route("GET", "/repos/:owner/:repo/labels/:name", (call) => {
      const repo = repositoryOf(state, call)
      const label = repo.labels.get((call.params["name"] ?? "").toLowerCase())
      return label === undefined ? notFound : json(labelJson(state.api(), repo, label))
    })
  ]
}
