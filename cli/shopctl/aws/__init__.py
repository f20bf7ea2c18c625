"""The one door to AWS: nothing else imports botocore, except the control store's adapter."""
