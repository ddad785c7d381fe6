"""Sound: recordings, microphones, cues, and where speech begins and ends in it. Knows no words."""
