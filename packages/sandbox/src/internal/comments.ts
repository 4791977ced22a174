/** What the API and the controls both do to comments: the change and its webhook. */
import type { SandboxComment } from "../GitHubState.ts"
import { SandboxMissing } from "../SandboxControl.ts"
import { commentEvent } from "./events.ts"
import type { Repository, State } from "./state.ts"
import { threadOf } from "./threads.ts"
import type { Webhooks } from "./webhooks.ts"

export const commentOf = (repo: Repository, id: number): SandboxComment => {
  const found = repo.comments.get(id)
  if (found === undefined) throw new SandboxMissing({ what: `comment ${id} of ${repo.fullName}` })
  return found
}

export const makeComments = (state: State, webhooks: Webhooks) => {
  const tell = (repo: Repository, comment: SandboxComment, action: string, sender: string, before?: string) =>
    webhooks.emit(
      repo,
      "issue_comment",
      action,
      commentEvent(state, repo, comment, { action, sender, ...(before === undefined ? {} : { before }) })
    )
  return {
    create: (repo: Repository, number: number, author: string, body: string): SandboxComment => {
      const thread = threadOf(repo, number)
      const at = state.now()
      const comment = { id: state.nextId(), issue: thread.number, author, body, createdAt: at, updatedAt: at }
      repo.comments.set(comment.id, comment)
      tell(repo, comment, "created", author)
      return comment
    },
    edit: (repo: Repository, comment: SandboxComment, sender: string, body: string): SandboxComment => {
      const next = { ...comment, body, updatedAt: state.now() }
      repo.comments.set(next.id, next)
      tell(repo, next, "edited", sender, comment.body)
      return next
    },
    remove: (repo: Repository, comment: SandboxComment, sender: string): void => {
      repo.comments.delete(comment.id)
      tell(repo, comment, "deleted", sender)
    }
  }
}

export type Comments = ReturnType<typeof makeComments>
