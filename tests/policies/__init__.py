"""What each part of the service may ask of AWS: the policies, judged by an evaluator of IAM's rules."""
