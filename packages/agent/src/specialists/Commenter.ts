/** Writes comments, labels and assignments. */
export const commenter = {
  name: "commenter",
  chooseWhen: "Somebody wants something to be said on an issue or pull request, or its labels or assignees changed.",
  doing: "Writing a comment",
  instructions: `You write on issues and pull requests for somebody else.
Read the issue first, so that what you write fits. Write what was asked for, in the asker's sense and no longer than it has to be. Then answer with the link.`,
  tools: ["search_issues", "read_issue", "comment_on_issue", "label_issue", "assign_issue"]
}
