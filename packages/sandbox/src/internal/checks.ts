/** What the API and the controls both do to checks and statuses of commits: the change and its webhook. */
import type { CheckResult, NewCheck } from "../ActivityControl.ts"
import type {
  NewCommitStatus,
  SandboxCheckRun,
  SandboxCheckSuite,
  SandboxCommitStatus,
  SandboxConclusion
} from "../GitHubActivity.ts"
import { SandboxMissing, SandboxRefused } from "../SandboxControl.ts"
import { checkRunEvent, checkSuiteEvent, statusEvent } from "./activityEvents.ts"
import { type Commit, type Repository, resolveRef, type State } from "./state.ts"
import type { Webhooks } from "./webhooks.ts"

export const commitOf = (repo: Repository, ref: string): Commit => {
  const found = resolveRef(repo, ref)
  if (found === undefined) throw new SandboxMissing({ what: `commit ${ref} of ${repo.fullName}` })
  return found
}

/** Worst first; what is not named here counts as a success. */
const gravity: ReadonlyArray<SandboxConclusion> = ["failure", "timed_out", "action_required", "cancelled"]

const worstOf = (conclusions: ReadonlyArray<SandboxConclusion | null>): SandboxConclusion =>
  gravity.find((one) => conclusions.includes(one)) ??
  (conclusions.includes("success") ? "success" : (conclusions[0] ?? "success"))

export const makeChecks = (state: State, webhooks: Webhooks) => {
  const runsOf = (repo: Repository, suite: number) =>
    Array.from(repo.checkRuns.values()).filter((run) => run.suite === suite)
  const suitesOf = (repo: Repository, sha: string) =>
    Array.from(repo.checkSuites.values()).filter(({ headSha }) => headSha === sha)

  const tellSuite = (repo: Repository, suite: SandboxCheckSuite, action: string) =>
    webhooks.emit(repo, "check_suite", action, checkSuiteEvent(state, repo, suite, action))
  const tellRun = (repo: Repository, run: SandboxCheckRun, action: string) =>
    webhooks.emit(repo, "check_run", action, checkRunEvent(state, repo, run, action))

  const updateSuite = (repo: Repository, suite: SandboxCheckSuite, to: Partial<SandboxCheckSuite>) => {
    const next = { ...suite, ...to, updatedAt: state.now() }
    repo.checkSuites.set(next.id, next)
    return next
  }

  const startSuite = (repo: Repository, commit: Commit, app: string): SandboxCheckSuite => {
    const known = suitesOf(repo, commit.sha).find((suite) => suite.app === app)
    if (known !== undefined) return known
    const at = state.now()
    const suite: SandboxCheckSuite = {
      id: state.nextId(),
      headSha: commit.sha,
      headBranch: Array.from(repo.branches).find(([, sha]) => sha === commit.sha)?.[0] ?? null,
      app,
      status: "queued",
      conclusion: null,
      createdAt: at,
      updatedAt: at
    }
    repo.checkSuites.set(suite.id, suite)
    tellSuite(repo, suite, "requested")
    return suite
  }

  const endSuite = (repo: Repository, suite: SandboxCheckSuite, conclusion: SandboxConclusion) => {
    const ended = updateSuite(repo, suite, { status: "completed", conclusion })
    tellSuite(repo, ended, "completed")
    return ended
  }

  const suiteOf = (repo: Repository, id: number): SandboxCheckSuite => {
    const found = repo.checkSuites.get(id)
    if (found === undefined) throw new SandboxMissing({ what: `check suite ${id} of ${repo.fullName}` })
    return found
  }

  return {
    startSuite,
    completeSuite: (repo: Repository, id: number, conclusion: SandboxConclusion): SandboxCheckSuite => {
      const suite = suiteOf(repo, id)
      if (runsOf(repo, id).some(({ status }) => status !== "completed")) {
        throw new SandboxRefused({ message: `A check of suite ${id} is still under way.` })
      }
      return suite.status === "completed" && suite.conclusion === conclusion ? suite : endSuite(repo, suite, conclusion)
    },
    start: (repo: Repository, commit: Commit, { app = "ci", name }: NewCheck): SandboxCheckRun => {
      const suite = startSuite(repo, commit, app)
      updateSuite(repo, suite, { status: "in_progress", conclusion: null })
      const run: SandboxCheckRun = {
        id: state.nextId(),
        suite: suite.id,
        name,
        headSha: commit.sha,
        status: "in_progress",
        conclusion: null,
        title: null,
        summary: null,
        startedAt: state.now(),
        completedAt: null
      }
      repo.checkRuns.set(run.id, run)
      tellRun(repo, run, "created")
      return run
    },
    complete: (repo: Repository, id: number, { conclusion, summary, title }: CheckResult): SandboxCheckRun => {
      const run = repo.checkRuns.get(id)
      if (run === undefined) throw new SandboxMissing({ what: `check ${id} of ${repo.fullName}` })
      if (run.status === "completed") throw new SandboxRefused({ message: `Check ${id} is completed.` })
      const ended: SandboxCheckRun = {
        ...run,
        status: "completed",
        conclusion,
        title: title ?? run.title,
        summary: summary ?? run.summary,
        completedAt: state.now()
      }
      repo.checkRuns.set(id, ended)
      tellRun(repo, ended, "completed")
      const all = runsOf(repo, run.suite)
      if (all.every(({ status }) => status === "completed")) {
        // NOTE: of a check that ran again only the newest counts.
        const latest = new Map(all.map((one) => [one.name, one.conclusion]))
        endSuite(repo, suiteOf(repo, run.suite), worstOf(Array.from(latest.values())))
      }
      return ended
    },
    suites: (repo: Repository, commit: Commit): ReadonlyArray<SandboxCheckSuite> => suitesOf(repo, commit.sha),
    runs: (repo: Repository, commit: Commit): ReadonlyArray<SandboxCheckRun> =>
      Array.from(repo.checkRuns.values()).filter(({ headSha }) => headSha === commit.sha),
    setStatus: (repo: Repository, commit: Commit, options: NewCommitStatus): SandboxCommitStatus => {
      const status: SandboxCommitStatus = {
        id: state.nextId(),
        sha: commit.sha,
        context: options.context ?? "default",
        state: options.state,
        description: options.description ?? null,
        targetUrl: options.targetUrl ?? null,
        author: options.author ?? "octocat",
        createdAt: state.now()
      }
      repo.statuses.set(status.id, status)
      webhooks.emit(repo, "status", null, statusEvent(state, repo, status))
      return status
    },
    /** Newest first. */
    statuses: (repo: Repository, commit: Commit): ReadonlyArray<SandboxCommitStatus> =>
      Array.from(repo.statuses.values())
        .filter(({ sha }) => sha === commit.sha)
        .toReversed()
  }
}

export type Checks = ReturnType<typeof makeChecks>
