/** Issues and pull requests alike: what GitHub numbers together. */
import type { SandboxIssue } from "../GitHubActivity.ts"
import type { SandboxPullRequest } from "../GitHubState.ts"
import { SandboxMissing } from "../SandboxControl.ts"
import type { Repository } from "./state.ts"

export type Thread = SandboxIssue | SandboxPullRequest

export const isPull = (thread: Thread): thread is SandboxPullRequest => "headSha" in thread

export const findThread = (repo: Repository, number: number): Thread | undefined =>
  repo.issues.get(number) ?? repo.pulls.get(number)

export const threadOf = (repo: Repository, number: number): Thread => {
  const found = findThread(repo, number)
  if (found === undefined) throw new SandboxMissing({ what: `issue ${repo.fullName}#${number}` })
  return found
}

export const issueOf = (repo: Repository, number: number): SandboxIssue => {
  const found = repo.issues.get(number)
  if (found === undefined) throw new SandboxMissing({ what: `issue ${repo.fullName}#${number}` })
  return found
}

/** The number of the next one. */
export const nextNumber = (repo: Repository) => repo.issues.size + repo.pulls.size + 1

/** Oldest first. */
export const threadsOf = (repo: Repository): ReadonlyArray<Thread> =>
  [...repo.issues.values(), ...repo.pulls.values()].toSorted((left, right) => left.number - right.number)

/** Whether two logins or names of labels are the same to GitHub. */
export const same = (left: string) => (right: string) => left.toLowerCase() === right.toLowerCase()
