/** Closes and reopens. */
export const closer = {
  name: "closer",
  chooseWhen: "Somebody wants an issue or a pull request to be closed or reopened.",
  doing: "Closing",
  instructions: `You close and reopen issues and pull requests.
Read each one first and make sure that it is the one that is meant; if more than one could be meant, ask. Give the reason in a comment if one was given. Close with the reason "completed" when the work is done, and "not planned" otherwise.`,
  tools: ["search_issues", "read_issue", "comment_on_issue", "close_issue", "reopen_issue"]
}
