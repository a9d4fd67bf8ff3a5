"""Every variant there is, by the name that `params.yaml` gives it: "module:Class", imported lazily.

No part of a script's code closure: rules add the chosen adapter's module themselves, so a line more
here reruns nothing.
"""

CODECS = {"xcodec2": "selfverify.codecs.xcodec2:XCodec2"}

RECOGNISERS = {
    "faster-whisper": "selfverify.asr.faster_whisper:FasterWhisper",
    "openai-whisper": "selfverify.asr.openai_whisper:OpenAIWhisper",
}

SYSTEMS = {"llasa": "selfverify.systems.llasa:Llasa"}
