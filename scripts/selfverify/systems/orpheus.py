"""Orpheus: a Llama that continues text with SNAC codes, seven tokens a frame.

Template and ids: `engine_class.py` and `decoder.py` of canopyai/Orpheus-TTS at 835ac7c. Token
`<custom_token_N>` is id 128256 + N of the real checkpoint; the first ten are marks, the rest are
codes, slot by slot. Ids stay ids: upstream decodes them to a string and parses that, which drops
code 0 of the first slot.
"""

from typing import Any

from selfverify.systems.checks import check_code_range
from selfverify.systems.llama import LlamaSystem

SLOTS = 7  # tokens a frame
# Which row of SNAC's codes each slot is: level 0, then levels 1 and 2 of the frame's first half and
# of its second.
ROW_OF_SLOT = (0, 1, 3, 4, 2, 5, 6)
NUM_MARKS = 10  # custom tokens before the first code
START_OF_SPEECH, END_OF_SPEECH, START_OF_HUMAN, END_OF_HUMAN, START_OF_AI = 1, 2, 3, 4, 5
END_OF_TEXT = "<|eot_id|>"
# Hz, of frames of seven codes; other codecs say theirs in the config.
SNAC_FRAME_RATE = 24_000 / 2048


class Orpheus(LlamaSystem):
    """An Orpheus checkpoint; `voice` is the speaker's name before the text, as it was trained."""

    kind = "Orpheus"
    row_of_slot = ROW_OF_SLOT

    def _find_codes(self, config: Any) -> None:
        self.first_custom_id = self._id("<custom_token_0>")
        self.end_id = self.first_custom_id + END_OF_SPEECH
        self.first_code_id = self.first_custom_id + NUM_MARKS
        self.codebook_size = check_code_range(
            self.name, self.tokenizer.get_vocab(), "<custom_token_{}>", NUM_MARKS, num_slots=SLOTS
        )
        self.frame_rate = getattr(config, "codec_frame_rate", SNAC_FRAME_RATE)

    def prompt_ids(self, text: str) -> list[int]:
        """Returns start of human, text, its end, and the marks up to start of speech."""
        spoken = f"{self.voice}: {text}" if self.voice else text
        said = self.tokenizer(spoken).input_ids
        marks = [self.first_custom_id + n for n in (END_OF_HUMAN, START_OF_AI, START_OF_SPEECH)]
        ids = [self.first_custom_id + START_OF_HUMAN, *said, self._id(END_OF_TEXT), *marks]
        self.check_text(text, ids)
        return ids
