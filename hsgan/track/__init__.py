"""Following a target through a video, in RGB or in its cubes: the visual tracking evaluation of [SE], section 4.2.

Frames are uint8 [height, width, 3], sRGB-encoded, or cubes float32 [height, width, bands], linear. Boxes are float64
(left, top, width, height) in pixels, where pixel 0 reaches from 0 to 1; files count from 1.
"""
