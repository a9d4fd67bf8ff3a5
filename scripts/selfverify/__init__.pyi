from selfverify.scoring.options import ScoreOptions as ScoreOptions
from selfverify.scoring.run import Scores as Scores
from selfverify.scoring.run import score_clip as score_clip
from selfverify.scoring.run import score_manifest as score_manifest
from selfverify.speaking.segments import Segment as Segment
from selfverify.speaking.speaker import Speaker as Speaker
