"""Sound that a service sends without a file around it, as the recording that any player takes."""

from __future__ import annotations

import io
import wave

_SAMPLE = 2  # bytes: signed 16-bit, the lower byte first, which is what services send


def wav(pcm: bytes, rate: int, channels: int = 1) -> bytes:
    """The WAV file of samples that came without a head.

    Args:
        pcm: The samples, 16 bits each. What is left of one that was cut off at the end is left out.
        rate: How many there are in a second, for each channel.
        channels: How many channels there are.
    """
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(channels)
        written.setsampwidth(_SAMPLE)
        written.setframerate(rate)
        written.writeframes(pcm[: len(pcm) - len(pcm) % (_SAMPLE * channels)])
    return file.getvalue()
