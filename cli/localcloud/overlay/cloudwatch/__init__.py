"""CloudWatch: metrics, and alarms that follow them.

Clients speak three protocols to it: Terraform's provider 5.100 Query, boto3 JSON, and newer SDKs RPC v2 CBOR, which
ministack only half knows. So each request is read by AWS's model here, asked of ministack in JSON where ministack
answers it, and answered in the protocol that it came in.
"""

from localcloud.overlay.cloudwatch import alarms, composites, metrics
from localcloud.overlay.cloudwatch.service import overlay
from localcloud.overlay.cloudwatch.states import alarm_state

__all__ = ["alarm_state", "alarms", "composites", "metrics", "overlay"]
