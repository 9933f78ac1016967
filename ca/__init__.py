"""The certification authority: applications, roster, approvals; prepare, issue, revoke; hierarchy, ceremony steps."""
