"""Calls as traces: OpenTelemetry's API alone; whoever exports is opened by the runtime."""
