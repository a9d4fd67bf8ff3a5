from selfverify.speaking.speaker import Segment as Segment
from selfverify.speaking.speaker import Speaker as Speaker
