"""Sound without a head becomes a recording."""

from __future__ import annotations

import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.providers.sound import wav


@given(
    pcm=st.binary(max_size=200),
    rate=st.sampled_from([8000, 16_000, 24_000, 44_100, 48_000]),
    channels=st.integers(1, 3),
)
def test_a_player_reads_the_same_samples(pcm: bytes, rate: int, channels: int) -> None:
    with wave.open(io.BytesIO(wav(pcm, rate, channels))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (rate, channels, 2)
        frames = file.readframes(file.getnframes())
    assert frames == pcm[: len(pcm) - len(pcm) % (2 * channels)]


@pytest.mark.parametrize("pcm", [b"", b"\0"])
def test_no_samples_are_a_recording_of_nothing(pcm: bytes) -> None:
    with wave.open(io.BytesIO(wav(pcm, 24_000))) as file:
        assert file.getnframes() == 0
