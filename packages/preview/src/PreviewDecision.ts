/** What should be done about a preview, given the pull request as it is and the environment as it is. Pure. */
import type { Project, PullRequest } from "@productbuilding/core"
import type { Preview } from "./Preview.ts"

/** Everything the decision depends on. */
export interface Situation {
  /** `undefined` when the repository is not registered. */
  readonly project: Project | undefined
  /** `undefined` when the code host knows no such pull request, or none may be asked. */
  readonly pullRequest: PullRequest | undefined
  readonly preview: Preview | undefined
  /** Whether the runtime holds anything under the environment's name. */
  readonly held: boolean
  /** Whether the preview's operation has come to an end by itself; `false` while it may still move. */
  readonly operationEnded: boolean
  /** An operator wants it built again, or removed. */
  readonly wish: "none" | "redeploy" | "remove"
  /** The fork's commit that an operator has allowed, now or before. */
  readonly approvedSha: string | null
}

/** What to do, and why in a sentence for operators. */
export type PreviewDecision =
  | { readonly action: "deploy" | "teardown" | "block" | "resume"; readonly reason: string }
  | { readonly action: "none"; readonly outcome: "unchanged" | "ignored"; readonly reason: string }

const short = (sha: string) => sha.slice(0, 7)

const unchanged = (reason: string): PreviewDecision => ({ action: "none", outcome: "unchanged", reason })
const ignored = (reason: string): PreviewDecision => ({ action: "none", outcome: "ignored", reason })

const inProgress = (preview: Preview) =>
  preview.state === "pending" || preview.state === "building" || preview.state === "deploying"

/** For a pull request that must have no preview. */
const absent = ({ preview, held, operationEnded }: Situation, why: string): PreviewDecision => {
  if (preview?.state === "closing" && !operationEnded)
    return { action: "resume", reason: `${why}; its removal is under way` }
  if (held) return { action: "teardown", reason: `${why}: remove its environment` }
  if (preview === undefined) return ignored(`${why}, and it has no preview`)
  if (preview.state === "deleted") return unchanged(`${why}, and its preview is gone`)
  return { action: "teardown", reason: `${why}: remove its preview` }
}

/** Compares what should be with what is. Total: every situation has an answer. */
export const decide = (situation: Situation): PreviewDecision => {
  const { approvedSha, held, operationEnded, preview, project, pullRequest, wish } = situation
  if (project === undefined) return absent(situation, "The repository is not registered")
  if (pullRequest === undefined) return absent(situation, "The pull request does not exist")
  if (pullRequest.state === "closed") {
    return absent(situation, pullRequest.merged ? "The pull request was merged" : "The pull request is closed")
  }
  const sha = pullRequest.headSha
  if (wish === "remove") return absent(situation, "An operator asked for its removal")
  if (pullRequest.fromFork && project.trust === "same-repository" && approvedSha !== sha) {
    return preview?.state === "blocked" && preview.sha === sha
      ? unchanged(`Commit ${short(sha)} comes from a fork and waits for an approval`)
      : { action: "block", reason: `Commit ${short(sha)} comes from a fork: an operator must approve it` }
  }
  if (wish === "redeploy") return { action: "deploy", reason: `An operator asked to deploy ${short(sha)}` }
  if (preview === undefined) return { action: "deploy", reason: `First deployment, of ${short(sha)}` }
  if (preview.removedSha === sha) return unchanged(`An operator removed the preview of ${short(sha)}`)
  if (preview.state === "closing" || preview.state === "deleted") {
    return { action: "deploy", reason: `The pull request is open again, at ${short(sha)}` }
  }
  if (preview.sha !== sha)
    return { action: "deploy", reason: `The head moved from ${short(preview.sha)} to ${short(sha)}` }
  if (inProgress(preview)) {
    return operationEnded
      ? { action: "deploy", reason: `The deployment of ${short(sha)} stopped without a result` }
      : { action: "resume", reason: `Commit ${short(sha)} is being deployed` }
  }
  switch (preview.state) {
    case "blocked":
      return { action: "deploy", reason: `Commit ${short(sha)} may be deployed now` }
    case "failed":
      return preview.failure?.stage === "teardown"
        ? { action: "deploy", reason: `The pull request is open, at ${short(sha)}` }
        : unchanged(`The deployment of ${short(sha)} failed; push a new commit or redeploy`)
    default:
      return held
        ? unchanged(`Commit ${short(sha)} is deployed`)
        : { action: "deploy", reason: `Nothing runs any more for ${short(sha)}` }
  }
}
