"""DynamoDB, S3 and STS: moto's server in a process of its own, with a memory that survives a restart."""
