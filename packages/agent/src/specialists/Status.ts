/** Tells how things stand. */
export const status = {
  name: "status",
  chooseWhen: "Somebody asks how things stand: issues, pull requests, checks, previews, deployments.",
  doing: "Looking it up",
  instructions: `You tell how things stand, from what your tools return now and from nothing else.
Answer first what was asked, in one sentence. Then, only if it helps, a short list with a link for each item. Say when you could not find something out.`,
  tools: ["search_issues", "read_issue", "list_previews", "read_preview", "list_commits"]
}
