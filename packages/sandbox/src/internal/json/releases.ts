/** Releases as GitHub's API describes them. */
import type { SandboxRelease } from "../../GitHubActivity.ts"
import type { Repository, State } from "../state.ts"
import { nodeId, userJson, webOf } from "./accounts.ts"

/** `GET /repos/{owner}/{repo}/releases/{id}`, and `release` in webhooks. */
export const releaseJson = (state: State, repo: Repository, release: SandboxRelease) => {
  const repoUrl = `${state.api()}/repos/${repo.fullName}`
  const url = `${repoUrl}/releases/${release.id}`
  const tag = encodeURIComponent(release.tag)
  return {
    url,
    assets_url: `${url}/assets`,
    upload_url: `${url}/assets{?name,label}`,
    html_url: `${webOf(state.api())}/${repo.fullName}/releases/tag/${tag}`,
    id: release.id,
    author: userJson(state.api(), release.author),
    node_id: nodeId("Release", release.id),
    tag_name: release.tag,
    target_commitish: release.target,
    name: release.name,
    draft: false,
    immutable: false,
    prerelease: release.prerelease,
    created_at: release.createdAt,
    updated_at: release.publishedAt,
    published_at: release.publishedAt,
    assets: [],
    tarball_url: `${repoUrl}/tarball/${tag}`,
    zipball_url: `${repoUrl}/zipball/${tag}`,
    body: release.body
  }
}
