/** GitHub's answers, with every field that its API description requires. */
import type {
  SandboxComment,
  SandboxDelivery,
  SandboxHook,
  SandboxPullRequest,
  SandboxRepository
} from "./GitHubState.ts"

const nodeId = (kind: string, id: number) => Buffer.from(`0${kind.length}:${kind}${id}`).toString("base64")

/** A stable positive id for a name. */
export const idOf = (name: string): number => {
  let hash = 5381
  for (const character of name) hash = ((hash * 33) ^ (character.codePointAt(0) ?? 0)) >>> 0
  return (hash % 100_000_000) + 1
}

/** The JSON of one sandbox at one address. */
export const makeJson = (api: string) => {
  const web = `${api}/_web`

  const user = (login: string) => {
    const id = idOf(login)
    return {
      login,
      id,
      node_id: nodeId("User", id),
      avatar_url: `${web}/${login}.png`,
      gravatar_id: "",
      url: `${api}/users/${login}`,
      html_url: `${web}/${login}`,
      followers_url: `${api}/users/${login}/followers`,
      following_url: `${api}/users/${login}/following{/other_user}`,
      gists_url: `${api}/users/${login}/gists{/gist_id}`,
      starred_url: `${api}/users/${login}/starred{/owner}{/repo}`,
      subscriptions_url: `${api}/users/${login}/subscriptions`,
      organizations_url: `${api}/users/${login}/orgs`,
      repos_url: `${api}/users/${login}/repos`,
      events_url: `${api}/users/${login}/events{/privacy}`,
      received_events_url: `${api}/users/${login}/received_events`,
      type: "User",
      site_admin: false
    }
  }

  const repositoryUrls = (url: string) =>
    Object.fromEntries(
      [
        ["archive_url", "/{archive_format}{/ref}"],
        ["assignees_url", "/assignees{/user}"],
        ["blobs_url", "/git/blobs{/sha}"],
        ["branches_url", "/branches{/branch}"],
        ["collaborators_url", "/collaborators{/collaborator}"],
        ["comments_url", "/comments{/number}"],
        ["commits_url", "/commits{/sha}"],
        ["compare_url", "/compare/{base}...{head}"],
        ["contents_url", "/contents/{+path}"],
        ["contributors_url", "/contributors"],
        ["deployments_url", "/deployments"],
        ["downloads_url", "/downloads"],
        ["events_url", "/events"],
        ["forks_url", "/forks"],
        ["git_commits_url", "/git/commits{/sha}"],
        ["git_refs_url", "/git/refs{/sha}"],
        ["git_tags_url", "/git/tags{/sha}"],
        ["issue_comment_url", "/issues/comments{/number}"],
        ["issue_events_url", "/issues/events{/number}"],
        ["issues_url", "/issues{/number}"],
        ["keys_url", "/keys{/key_id}"],
        ["labels_url", "/labels{/name}"],
        ["languages_url", "/languages"],
        ["merges_url", "/merges"],
        ["milestones_url", "/milestones{/number}"],
        ["notifications_url", "/notifications{?since,all,participating}"],
        ["pulls_url", "/pulls{/number}"],
        ["releases_url", "/releases{/id}"],
        ["stargazers_url", "/stargazers"],
        ["statuses_url", "/statuses/{sha}"],
        ["subscribers_url", "/subscribers"],
        ["subscription_url", "/subscription"],
        ["tags_url", "/tags"],
        ["teams_url", "/teams"],
        ["trees_url", "/git/trees{/sha}"],
        ["hooks_url", "/hooks"]
      ].map(([key, suffix]) => [key, `${url}${suffix}`])
    )

  const repositoryNamed = (
    fullName: string,
    options: { readonly id?: number; readonly private?: boolean; readonly fork?: boolean } = {}
  ) => {
    const [owner = "", name = ""] = fullName.split("/")
    const id = options.id ?? idOf(fullName)
    const url = `${api}/repos/${fullName}`
    const html = `${web}/${fullName}`
    return {
      id,
      node_id: nodeId("Repository", id),
      name,
      full_name: fullName,
      private: options.private ?? false,
      owner: user(owner),
      html_url: html,
      description: null,
      fork: options.fork ?? false,
      url,
      ...repositoryUrls(url),
      git_url: `git://${fullName}.git`,
      ssh_url: `git@sandbox:${fullName}.git`,
      clone_url: `${html}.git`,
      svn_url: html,
      mirror_url: null,
      homepage: null,
      language: null,
      forks_count: 0,
      stargazers_count: 0,
      watchers_count: 0,
      size: 1,
      default_branch: "main",
      open_issues_count: 0,
      is_template: false,
      topics: [],
      has_issues: true,
      has_projects: false,
      has_wiki: false,
      has_pages: false,
      has_downloads: true,
      has_discussions: false,
      has_pull_requests: true,
      archived: false,
      disabled: false,
      visibility: options.private ? "private" : "public",
      pushed_at: "2026-01-01T00:00:00Z",
      created_at: "2026-01-01T00:00:00Z",
      updated_at: "2026-01-01T00:00:00Z",
      permissions: { admin: false, maintain: false, push: true, triage: true, pull: true },
      allow_forking: true,
      web_commit_signoff_required: false,
      forks: 0,
      open_issues: 0,
      watchers: 0,
      license: null
    }
  }

  const repository = (repo: SandboxRepository) =>
    repositoryNamed(`${repo.owner}/${repo.name}`, { id: repo.id, private: repo.private })

  const fullRepository = (repo: SandboxRepository) => ({
    ...repository(repo),
    subscribers_count: 0,
    network_count: 0
  })

  const pullSimple = (repo: SandboxRepository, pull: SandboxPullRequest) => {
    const base = `${repo.owner}/${repo.name}`
    const url = `${api}/repos/${base}/pulls/${pull.number}`
    const issue = `${api}/repos/${base}/issues/${pull.number}`
    const html = `${web}/${base}/pull/${pull.number}`
    const statuses = `${api}/repos/${base}/statuses/${pull.headSha}`
    const headOwner = pull.headRepository.split("/")[0] ?? ""
    return {
      url,
      id: pull.id,
      node_id: nodeId("PullRequest", pull.id),
      html_url: html,
      diff_url: `${html}.diff`,
      patch_url: `${html}.patch`,
      issue_url: issue,
      number: pull.number,
      state: pull.state,
      locked: false,
      title: pull.title,
      user: user(pull.author),
      body: pull.body,
      created_at: pull.createdAt,
      updated_at: pull.updatedAt,
      closed_at: pull.closedAt,
      merged_at: pull.mergedAt,
      merge_commit_sha: null,
      assignee: null,
      assignees: [],
      requested_reviewers: [],
      requested_teams: [],
      labels: [],
      milestone: null,
      draft: pull.draft,
      commits_url: `${url}/commits`,
      review_comments_url: `${url}/comments`,
      review_comment_url: `${api}/repos/${base}/pulls/comments{/number}`,
      comments_url: `${issue}/comments`,
      statuses_url: statuses,
      head: {
        label: `${headOwner}:${pull.headRef}`,
        ref: pull.headRef,
        sha: pull.headSha,
        user: user(headOwner),
        repo: pull.headRepository === base ? repository(repo) : repositoryNamed(pull.headRepository, { fork: true })
      },
      base: {
        label: `${repo.owner}:${pull.baseRef}`,
        ref: pull.baseRef,
        sha: pull.baseSha,
        user: user(repo.owner),
        repo: repository(repo)
      },
      _links: {
        self: { href: url },
        html: { href: html },
        issue: { href: issue },
        comments: { href: `${issue}/comments` },
        review_comments: { href: `${url}/comments` },
        review_comment: { href: `${api}/repos/${base}/pulls/comments{/number}` },
        commits: { href: `${url}/commits` },
        statuses: { href: statuses }
      },
      author_association: pull.headRepository === base ? "MEMBER" : "NONE",
      auto_merge: null,
      active_lock_reason: null
    }
  }

  const pull = (repo: SandboxRepository, one: SandboxPullRequest) => ({
    ...pullSimple(repo, one),
    merged: one.mergedAt !== null,
    mergeable: true,
    rebaseable: true,
    mergeable_state: "clean",
    merged_by: null,
    comments: Array.from(repo.comments.values()).filter((comment) => comment.issue === one.number).length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: 1,
    additions: 1,
    deletions: 0,
    changed_files: 1
  })

  const comment = (repo: SandboxRepository, one: SandboxComment) => {
    const base = `${repo.owner}/${repo.name}`
    return {
      id: one.id,
      node_id: nodeId("IssueComment", one.id),
      url: `${api}/repos/${base}/issues/comments/${one.id}`,
      html_url: `${web}/${base}/pull/${one.issue}#issuecomment-${one.id}`,
      issue_url: `${api}/repos/${base}/issues/${one.issue}`,
      body: one.body,
      user: user(one.author),
      created_at: one.createdAt,
      updated_at: one.updatedAt,
      author_association: "MEMBER",
      performed_via_github_app: null
    }
  }

  const hook = (repo: SandboxRepository, one: SandboxHook) => {
    const url = `${api}/repos/${repo.owner}/${repo.name}/hooks/${one.id}`
    return {
      type: "Repository",
      id: one.id,
      name: "web",
      active: true,
      events: Array.from(one.events),
      config: {
        url: one.url,
        content_type: "json",
        insecure_ssl: "0",
        ...(one.secret === "" ? {} : { secret: "********" })
      },
      updated_at: "2026-01-01T00:00:00Z",
      created_at: "2026-01-01T00:00:00Z",
      url,
      test_url: `${url}/test`,
      ping_url: `${url}/pings`,
      deliveries_url: `${url}/deliveries`,
      last_response: { code: null, status: "unused", message: null }
    }
  }

  const delivery = (repo: SandboxRepository, one: SandboxDelivery) => ({
    id: one.id,
    guid: one.guid,
    delivered_at: one.deliveredAt,
    redelivery: one.redelivery,
    duration: one.durationSeconds,
    status: one.status === 0 ? "timed out" : one.status < 300 ? "OK" : `Invalid HTTP Response: ${one.status}`,
    status_code: one.status,
    event: one.event,
    action: one.action,
    installation_id: null,
    repository_id: repo.id,
    throttled_at: null
  })

  return { user, repository, fullRepository, pull, pullSimple, comment, hook, delivery }
}

export type GitHubJson = ReturnType<typeof makeJson>
