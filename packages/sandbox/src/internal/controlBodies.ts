/** What the control API is sent: the same schemas serve its routes and its client. */
import { Schema } from "effect"
import { SandboxCloseReason, SandboxConclusion } from "../GitHubActivity.ts"
import { SandboxPermission, TreeChange } from "../GitHubState.ts"

const text = Schema.optionalKey(Schema.String)
const flag = Schema.optionalKey(Schema.Boolean)

/** A commit: changes of files, or a folder of the sandbox's machine that it becomes as a whole. */
const content = { change: Schema.optionalKey(TreeChange), folder: text }

export const AddRepository = Schema.Struct({
  repository: Schema.String,
  folder: text,
  change: content.change,
  private: flag
})
export const AddHook = Schema.Struct({
  url: Schema.String,
  secret: text,
  events: Schema.optionalKey(Schema.Array(Schema.String)),
  app: flag
})
export const OpenPullRequest = Schema.Struct({
  title: text,
  body: text,
  author: text,
  branch: text,
  fork: text,
  draft: flag,
  ...content
})
export const Push = Schema.Struct({ ...content, author: text })
export const Close = Schema.Struct({ merge: flag })
export const NewComment = Schema.Struct({ author: text, body: Schema.String })
export const EditComment = Schema.Struct({ body: Schema.String, by: text })
export const CloseIssue = Schema.Struct({ by: text, reason: Schema.optionalKey(SandboxCloseReason) })
export const AddLabel = Schema.Struct({ name: Schema.String, color: text, description: text })
export const SetDraft = Schema.Struct({ draft: Schema.Boolean, by: text })
export const StartCheckSuite = Schema.Struct({ app: text })
export const CompleteCheckSuite = Schema.Struct({ conclusion: SandboxConclusion })
export const StartCheck = Schema.Struct({ name: Schema.String, app: text })
export const CompleteCheck = Schema.Struct({ conclusion: SandboxConclusion, title: text, summary: text })
export const SetPermission = Schema.Struct({ permission: SandboxPermission })
export const Nothing = Schema.Struct({})

/** The head that a push has made. */
export const Head = Schema.Struct({ sha: Schema.String })

/** Every answer that is no success; `missing` where it is about something that does not exist. */
export const ControlFailure = Schema.Struct({ message: Schema.String, missing: text })
