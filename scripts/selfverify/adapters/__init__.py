"""Every variant there is, by the name that `params.yaml` gives it: "module:Class", imported lazily.

No part of a script's code closure: rules add the chosen adapter's module themselves, so a line more
here reruns nothing.
"""

CODECS = {
    "mimi": "selfverify.codecs.mimi:Mimi",
    "snac": "selfverify.codecs.snac:Snac",
    "xcodec2": "selfverify.codecs.xcodec2:XCodec2",
    "xcodec2-package": "selfverify.codecs.xcodec2_package:XCodec2Package",
}

RECOGNISERS = {
    "ctc": "selfverify.asr.ctc:Ctc",
    "faster-whisper": "selfverify.asr.faster_whisper:FasterWhisper",
    "moonshine": "selfverify.asr.moonshine:Moonshine",
    "openai-whisper": "selfverify.asr.openai_whisper:OpenAIWhisper",
    "openvino-whisper": "selfverify.asr.openvino_whisper:OpenVinoWhisper",
    "pocketsphinx": "selfverify.asr.pocketsphinx:PocketSphinx",
}

SYSTEMS = {
    "csm": "selfverify.systems.csm:Csm",
    "llasa": "selfverify.systems.llasa:Llasa",
    "llasa-vllm": "selfverify.systems.vllm_engine:VllmLlasa",
    "orpheus": "selfverify.systems.orpheus:Orpheus",
    "orpheus-vllm": "selfverify.systems.vllm_engine:VllmOrpheus",
}

# `engine` of a system: its adapter to the one that draws candidates in its place. Every other step
# takes the adapter itself.
ENGINES = {
    "transformers": {},
    "vllm": {"llasa": "llasa-vllm", "orpheus": "orpheus-vllm"},
}
