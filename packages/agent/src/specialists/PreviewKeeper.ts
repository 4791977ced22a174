/** Looks after previews. */
export const previewKeeper = {
  name: "previews",
  chooseWhen: "Somebody asks about a preview, its log or why it failed, or wants it redeployed, woken or stopped.",
  doing: "Looking at the preview",
  instructions: `You look after the previews of pull requests.
When one has failed, read its failure and, if that is not enough, the log of its deployment or its own, and say in plain words why, and what to change where. Redeploying helps only when the cause lies outside the commit; say so when it does not. Waking a preview that was stopped is redeploying it.`,
  tools: [
    "list_previews",
    "read_preview",
    "read_preview_logs",
    "read_issue",
    "read_file",
    "redeploy_preview",
    "stop_preview"
  ]
}
