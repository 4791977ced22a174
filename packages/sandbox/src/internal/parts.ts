/** Puts a sandbox together. */
import type { SandboxControl } from "../SandboxControl.ts"
import type { Doings } from "./activity.ts"
import { makeChecks } from "./checks.ts"
import { makeComments } from "./comments.ts"
import { makeControl } from "./control.ts"
import { makeDeployments } from "./deployments.ts"
import { makeIssues } from "./issues.ts"
import { makePulls } from "./pulls.ts"
import { makeReviews } from "./reviews.ts"
import { makeState, type StateOptions } from "./state.ts"
import { makeWebhooks, type Webhooks } from "./webhooks.ts"

/** The parts of one sandbox that its routes need. */
export interface Parts extends Doings {
  readonly control: SandboxControl
  readonly webhooks: Webhooks
}

export const makeParts = (options: StateOptions): Parts => {
  const state = makeState(options)
  const webhooks = makeWebhooks(state)
  const pulls = makePulls(state, webhooks)
  const doings = {
    state,
    pulls,
    comments: makeComments(state, webhooks),
    issues: makeIssues(state, webhooks),
    reviews: makeReviews(state, webhooks, pulls),
    checks: makeChecks(state, webhooks),
    deployments: makeDeployments(state, webhooks)
  }
  return { ...doings, webhooks, control: makeControl(doings, webhooks) }
}
