"""Other systems under the load of our phones: rtpengine, Pipecat, LiveKit Agents."""
