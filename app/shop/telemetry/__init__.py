"""What a process tells of itself: logs, metrics and traces. None of them holds personal data or secrets."""
