/** What the API and the controls both do to issues, and to pull requests where those are issues: the change and its webhook. */
import type { Schema } from "effect"
import type { NewIssue, SandboxCloseReason, SandboxIssue, SandboxLabel } from "../GitHubActivity.ts"
import { SandboxRefused } from "../SandboxControl.ts"
import { issueEvent, pullRequestEvent } from "./events.ts"
import { userJson } from "./json/accounts.ts"
import { labelJson } from "./json/issues.ts"
import type { Repository, State } from "./state.ts"
import { isPull, issueOf, nextNumber, same, type Thread, threadOf } from "./threads.ts"
import type { Webhooks } from "./webhooks.ts"

type Change = Partial<Pick<SandboxIssue, "title" | "body" | "labels" | "assignees">>

export const makeIssues = (state: State, webhooks: Webhooks) => {
  const tell = (repo: Repository, thread: Thread, action: string, sender: string, more: Schema.JsonObject = {}) =>
    isPull(thread)
      ? webhooks.emit(repo, "pull_request", action, pullRequestEvent(state, repo, thread, { action, sender, more }))
      : webhooks.emit(repo, "issues", action, issueEvent(state, repo, thread, { action, sender, more }))

  const change = (repo: Repository, thread: Thread, to: Change): Thread => {
    const updatedAt = state.now()
    if (isPull(thread)) {
      const pull = { ...thread, ...to, updatedAt }
      repo.pulls.set(pull.number, pull)
      return pull
    }
    const issue = { ...thread, ...to, updatedAt }
    repo.issues.set(issue.number, issue)
    return issue
  }

  const update = (repo: Repository, issue: SandboxIssue, to: Partial<SandboxIssue>): SandboxIssue => {
    const next = { ...issue, ...to, updatedAt: state.now() }
    repo.issues.set(next.number, next)
    return next
  }

  const addLabel = (
    repo: Repository,
    { color, description, name }: { readonly name: string; readonly color?: string; readonly description?: string }
  ): SandboxLabel => {
    const before = repo.labels.get(name.toLowerCase())
    const label = {
      id: before?.id ?? state.nextId(),
      name: before?.name ?? name.trim(),
      color: (color ?? before?.color ?? "ededed").replace(/^#/, "").toLowerCase(),
      description: description ?? before?.description ?? ""
    }
    if (label.name === "") throw new SandboxRefused({ message: "A label needs a name." })
    if (!/^[0-9a-f]{6}$/.test(label.color)) {
      throw new SandboxRefused({ message: `“${color}” is no colour; it must be six hexadecimal digits.` })
    }
    repo.labels.set(name.trim().toLowerCase(), label)
    return label
  }

  const label = (repo: Repository, number: number, name: string, by?: string): ReadonlyArray<string> => {
    const thread = threadOf(repo, number)
    const its = repo.labels.get(name.trim().toLowerCase()) ?? addLabel(repo, { name })
    if (thread.labels.some(same(its.name))) return thread.labels
    const next = change(repo, thread, { labels: [...thread.labels, its.name] })
    tell(repo, next, "labeled", by ?? thread.author, { label: labelJson(state.api(), repo, its) })
    return next.labels
  }

  const unlabel = (repo: Repository, number: number, name: string, by?: string): ReadonlyArray<string> => {
    const thread = threadOf(repo, number)
    const its = repo.labels.get(name.toLowerCase())
    if (its === undefined || !thread.labels.some(same(name))) return thread.labels
    const next = change(repo, thread, { labels: thread.labels.filter((one) => !same(name)(one)) })
    tell(repo, next, "unlabeled", by ?? thread.author, { label: labelJson(state.api(), repo, its) })
    return next.labels
  }

  const assign = (repo: Repository, number: number, login: string, by?: string): ReadonlyArray<string> => {
    const thread = threadOf(repo, number)
    if (thread.assignees.some(same(login))) return thread.assignees
    const next = change(repo, thread, { assignees: [...thread.assignees, login] })
    tell(repo, next, "assigned", by ?? thread.author, { assignee: userJson(state.api(), login) })
    return next.assignees
  }

  const unassign = (repo: Repository, number: number, login: string, by?: string): ReadonlyArray<string> => {
    const thread = threadOf(repo, number)
    if (!thread.assignees.some(same(login))) return thread.assignees
    const next = change(repo, thread, { assignees: thread.assignees.filter((one) => !same(login)(one)) })
    tell(repo, next, "unassigned", by ?? thread.author, { assignee: userJson(state.api(), login) })
    return next.assignees
  }

  /** Makes the present names the wanted ones. */
  const replace = (
    present: ReadonlyArray<string>,
    wanted: ReadonlyArray<string>,
    doing: { readonly add: (name: string) => unknown; readonly remove: (name: string) => unknown }
  ) => {
    for (const name of present) if (!wanted.some(same(name))) doing.remove(name)
    for (const name of wanted) doing.add(name)
  }

  return {
    tell,
    addLabel,
    label,
    unlabel,
    assign,
    unassign,
    setLabels: (repo: Repository, number: number, names: ReadonlyArray<string>, by: string) =>
      replace(threadOf(repo, number).labels, names, {
        add: (name) => label(repo, number, name, by),
        remove: (name) => unlabel(repo, number, name, by)
      }),
    setAssignees: (repo: Repository, number: number, logins: ReadonlyArray<string>, by: string) =>
      replace(threadOf(repo, number).assignees, logins, {
        add: (login) => assign(repo, number, login, by),
        remove: (login) => unassign(repo, number, login, by)
      }),
    open: (repo: Repository, options: NewIssue): SandboxIssue => {
      const at = state.now()
      const author = options.author ?? "octocat"
      const labels = (options.labels ?? []).map(
        (name) => (repo.labels.get(name.trim().toLowerCase()) ?? addLabel(repo, { name })).name
      )
      const issue: SandboxIssue = {
        id: state.nextId(),
        number: nextNumber(repo),
        title: options.title,
        body: options.body ?? "",
        author,
        state: "open",
        stateReason: null,
        labels: [],
        assignees: [],
        closedBy: null,
        closedAt: null,
        createdAt: at,
        updatedAt: at
      }
      const { number } = issue
      const distinct = (names: ReadonlyArray<string>) =>
        names.filter((name, index) => names.findIndex(same(name)) === index)
      repo.issues.set(number, { ...issue, labels: distinct(labels), assignees: distinct(options.assignees ?? []) })
      const opened = issueOf(repo, number)
      tell(repo, opened, "opened", author)
      // NOTE: what it is opened with is told once more by itself, as GitHub does.
      for (const json of opened.labels.flatMap((name) => repo.labels.get(name.toLowerCase()) ?? [])) {
        tell(repo, opened, "labeled", author, { label: labelJson(state.api(), repo, json) })
      }
      for (const login of opened.assignees) {
        tell(repo, opened, "assigned", author, { assignee: userJson(state.api(), login) })
      }
      return opened
    },
    edit: (
      repo: Repository,
      thread: Thread,
      to: { readonly title?: string | undefined; readonly body?: string | undefined },
      by?: string
    ): void => {
      const { body = thread.body, title = thread.title } = to
      if (title === thread.title && body === thread.body) return
      tell(repo, change(repo, thread, { title, body }), "edited", by ?? thread.author, {
        changes: {
          ...(title === thread.title ? {} : { title: { from: thread.title } }),
          ...(body === thread.body ? {} : { body: { from: thread.body } })
        }
      })
    },
    close: (repo: Repository, issue: SandboxIssue, reason: SandboxCloseReason = "completed", by = issue.author) => {
      if (issue.state === "closed") return issue
      const at = state.now()
      const closed = update(repo, issue, { state: "closed", stateReason: reason, closedAt: at, closedBy: by })
      tell(repo, closed, "closed", by)
      return closed
    },
    reopen: (repo: Repository, issue: SandboxIssue, by = issue.author) => {
      if (issue.state === "open") return issue
      const to = { state: "open", stateReason: "reopened", closedAt: null, closedBy: null } as const
      const opened = update(repo, issue, to)
      tell(repo, opened, "reopened", by)
      return opened
    }
  }
}

export type Issues = ReturnType<typeof makeIssues>
