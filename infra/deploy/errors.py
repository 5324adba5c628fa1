"""Every error that deploying raises on purpose."""


class DeployError(Exception):
    """Something that the operator can put right; its text says how."""


class UnknownParameter(DeployError):
    """A parameter that the template does not have."""


class StackFailed(DeployError):
    """CloudFormation gave up; the text has the reasons of the resources that failed."""


class NotConfirmed(DeployError):
    """Nothing was destroyed, since the stage was not named again."""
