/** What to do about something that Slack will never show. Pure, and in the browser too. */

/** Slack's own words. https://docs.slack.dev/reference/methods/chat.postMessage (read 2026-11-21) */
const advices: ReadonlyArray<readonly [RegExp, string]> = [
  [/not_in_channel/, "The bot is not in the channel: type /invite and its name in it."],
  [
    /channel_not_found/,
    "The channel is gone, or private without the bot: invite the bot, or correct slackChannel in the targets file."
  ],
  [/is_archived/, "The channel is archived: unarchive it, or name another as slackChannel in the targets file."],
  [/there is no channel/, "Or name another as slackChannel in the targets file."],
  [/has no Slack channel/, "Name one as slackChannel in the targets file, and restart the server."],
  [/missing_scope/, "The bot lacks a scope: productbuilding doctor names it. Add it, then reinstall the app."],
  [
    /invalid_auth|not_authed|account_inactive|token_revoked|token_expired/,
    "Slack refuses SLACK_BOT_TOKEN: take the current one from the app's page, and restart the server."
  ],
  [/message_not_found|cant_update_message/, "Somebody removed it in Slack, or another app posted it."],
  [/edit_window_closed/, "The workspace lets nobody edit messages that are so old: raise its limit."],
  [/restricted_action|no_permission/, "The workspace does not let the bot post there: ask one of its administrators."]
]

export const failureAdvice = (detail: string): string =>
  advices.find(([pattern]) => pattern.test(detail))?.[1] ??
  "Run productbuilding doctor: it looks at token, scopes and channels."
