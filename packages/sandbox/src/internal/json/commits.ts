/** Commits as GitHub's API describes them. */
import type { Commit, Repository, State } from "../state.ts"
import { nodeId, userJson, webOf } from "./accounts.ts"

/** Who wrote a commit, as Git knows it. */
export const personOf = (author: string, email?: string) => ({
  name: author,
  email: email ?? `${author.replace(/[^A-Za-z0-9-]/g, "-")}@users.noreply.github.com`
})

/** `head_commit` of check suites. */
export const simpleCommitJson = (commit: Commit) => ({
  id: commit.sha,
  tree_id: commit.treeSha,
  message: commit.message,
  timestamp: commit.at,
  author: personOf(commit.author),
  committer: personOf(commit.author)
})

/** `GET /repos/{owner}/{repo}/commits`, and `commit` of the webhook `status`. */
export const commitJson = (state: State, repo: Repository, commit: Commit) => {
  const api = state.api()
  const repoUrl = `${api}/repos/${repo.fullName}`
  const html = `${webOf(api)}/${repo.fullName}/commit`
  const url = `${repoUrl}/commits/${commit.sha}`
  const person = { ...personOf(commit.author, state.emails?.[commit.author]), date: commit.at }
  return {
    sha: commit.sha,
    node_id: nodeId("Commit", repo.id),
    commit: {
      author: person,
      committer: person,
      message: commit.message,
      tree: { sha: commit.treeSha, url: `${repoUrl}/git/trees/${commit.treeSha}` },
      url: `${repoUrl}/git/commits/${commit.sha}`,
      comment_count: 0,
      verification: { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null }
    },
    url,
    html_url: `${html}/${commit.sha}`,
    comments_url: `${url}/comments`,
    author: userJson(api, commit.author),
    committer: userJson(api, commit.author),
    parents: commit.parents.map((sha) => ({ sha, url: `${repoUrl}/commits/${sha}`, html_url: `${html}/${sha}` }))
  }
}
