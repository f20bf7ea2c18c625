"""People: who is asking, accounts and what belongs to them, sessions, sign-in by password or by Cognito."""
