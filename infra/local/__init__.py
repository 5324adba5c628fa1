"""The local stack: API Gateway, SQS, DynamoDB, S3, a device agent and the web page on one machine."""
