"""Typed settings. Each floor gets its slice; nobody below `aywa.runtime` sees `Settings` whole.

`Settings.from_env` is pure: it reads the mapping it is given, collects every fault and reports them together.
"""

from aywa.settings.artifacts import ArtifactSettings, S3Settings, artifact_gaps
from aywa.settings.dialling import DialLimits, DialSettings, TrunkDialling
from aywa.settings.gate import Requirement, RequirementState, production_gaps, requirements
from aywa.settings.knowledge import KnowledgeSettings
from aywa.settings.outbound import OutboundSettings
from aywa.settings.retention import RetentionSettings
from aywa.settings.sharing import SharingSettings
from aywa.settings.slices import (
    CallSettings,
    HttpSettings,
    LogSettings,
    MediaSettings,
    Mode,
    ProviderSettings,
    RecordCalls,
    SipSettings,
    StoreSettings,
    TlsClientAuth,
)
from aywa.settings.transports import TransportSettings
from aywa.settings.trunks import (
    NatMode,
    SrtpPolicy,
    StrangerPolicy,
    TrunkCredentials,
    TrunkRegistration,
    TrunkSettings,
)
from aywa.settings.vendors import RouteName, VendorSettings
from aywa.settings.webhooks import WebhookSettings
from aywa.settings.whole import Settings, tombstone_file

__all__ = [
    "ArtifactSettings",
    "CallSettings",
    "DialLimits",
    "DialSettings",
    "HttpSettings",
    "KnowledgeSettings",
    "LogSettings",
    "MediaSettings",
    "Mode",
    "NatMode",
    "OutboundSettings",
    "ProviderSettings",
    "RecordCalls",
    "Requirement",
    "RequirementState",
    "RetentionSettings",
    "RouteName",
    "S3Settings",
    "Settings",
    "SharingSettings",
    "SipSettings",
    "SrtpPolicy",
    "StoreSettings",
    "StrangerPolicy",
    "TlsClientAuth",
    "TransportSettings",
    "TrunkCredentials",
    "TrunkDialling",
    "TrunkRegistration",
    "TrunkSettings",
    "VendorSettings",
    "WebhookSettings",
    "artifact_gaps",
    "production_gaps",
    "requirements",
    "tombstone_file",
]
