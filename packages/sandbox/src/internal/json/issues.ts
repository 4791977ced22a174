/** Issues, their labels and their comments as GitHub's API describes them. */
import type { SandboxLabel } from "../../GitHubActivity.ts"
import type { SandboxComment } from "../../GitHubState.ts"
import { includesRole, type Repository, type State } from "../state.ts"
import { findThread, isPull, type Thread } from "../threads.ts"
import { nodeId, userJson, webOf } from "./accounts.ts"

export const associationOf = (state: State, repo: Repository, login: string) => {
  if (login.toLowerCase() === repo.owner.toLowerCase()) return "OWNER"
  return includesRole(state.permission(repo, login), "triage") ? "COLLABORATOR" : "NONE"
}

export const commentsOf = (repo: Repository, number: number) =>
  Array.from(repo.comments.values()).filter(({ issue }) => issue === number).length

export const reactionsJson = (url: string) => ({
  url: `${url}/reactions`,
  total_count: 0,
  "+1": 0,
  "-1": 0,
  laugh: 0,
  hooray: 0,
  confused: 0,
  heart: 0,
  rocket: 0,
  eyes: 0
})

export const labelJson = (api: string, repo: Repository, label: SandboxLabel) => ({
  id: label.id,
  node_id: nodeId("Label", label.id),
  url: `${api}/repos/${repo.fullName}/labels/${encodeURIComponent(label.name)}`,
  name: label.name,
  color: label.color,
  default: false,
  description: label.description === "" ? null : label.description
})

export const labelsJson = (api: string, repo: Repository, names: ReadonlyArray<string>) =>
  names.flatMap((name) => {
    const label = repo.labels.get(name.toLowerCase())
    return label === undefined ? [] : [labelJson(api, repo, label)]
  })

/** `assignee` and `assignees` */
export const assigneesJson = (api: string, logins: ReadonlyArray<string>) => {
  const assignees = logins.map((login) => userJson(api, login))
  return { assignee: assignees[0] ?? null, assignees }
}

/** An element of `GET /repos/{owner}/{repo}/issues`, and `issue` in webhooks; of a pull request too. */
export const issueJson = (state: State, repo: Repository, thread: Thread) => {
  const api = state.api()
  const repoUrl = `${api}/repos/${repo.fullName}`
  const url = `${repoUrl}/issues/${thread.number}`
  const html = `${webOf(api)}/${repo.fullName}/${isPull(thread) ? "pull" : "issues"}/${thread.number}`
  return {
    url,
    repository_url: repoUrl,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: html,
    id: thread.id,
    node_id: nodeId(isPull(thread) ? "PullRequest" : "Issue", thread.id),
    number: thread.number,
    title: thread.title,
    user: userJson(api, thread.author),
    labels: labelsJson(api, repo, thread.labels),
    state: thread.state,
    locked: false,
    ...assigneesJson(api, thread.assignees),
    milestone: null,
    comments: commentsOf(repo, thread.number),
    created_at: thread.createdAt,
    updated_at: thread.updatedAt,
    closed_at: thread.closedAt,
    author_association: associationOf(state, repo, thread.author),
    active_lock_reason: null,
    ...(isPull(thread)
      ? {
          draft: thread.draft,
          pull_request: {
            url: `${repoUrl}/pulls/${thread.number}`,
            html_url: html,
            diff_url: `${html}.diff`,
            patch_url: `${html}.patch`,
            merged_at: thread.mergedAt
          }
        }
      : {}),
    body: thread.body === "" ? null : thread.body,
    reactions: reactionsJson(url),
    timeline_url: `${url}/timeline`,
    performed_via_github_app: null,
    state_reason: isPull(thread) ? null : thread.stateReason
  }
}

/** `GET /repos/{owner}/{repo}/issues/{number}` */
export const fullIssueJson = (state: State, repo: Repository, thread: Thread) => {
  const closer = isPull(thread) ? (thread.mergedAt === null ? thread.author : repo.owner) : thread.closedBy
  return {
    ...issueJson(state, repo, thread),
    closed_by: thread.state === "open" || closer === null ? null : userJson(state.api(), closer)
  }
}

export const commentJson = (state: State, repo: Repository, comment: SandboxComment) => {
  const api = state.api()
  const url = `${api}/repos/${repo.fullName}/issues/comments/${comment.id}`
  const thread = findThread(repo, comment.issue)
  const kind = thread === undefined || isPull(thread) ? "pull" : "issues"
  return {
    url,
    html_url: `${webOf(api)}/${repo.fullName}/${kind}/${comment.issue}#issuecomment-${comment.id}`,
    issue_url: `${api}/repos/${repo.fullName}/issues/${comment.issue}`,
    id: comment.id,
    node_id: nodeId("IssueComment", comment.id),
    user: userJson(api, comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: associationOf(state, repo, comment.author),
    body: comment.body,
    reactions: reactionsJson(url),
    performed_via_github_app: null
  }
}
