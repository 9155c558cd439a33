"""One module a data set, and the two dictionaries that name them.

A reader of cubes is made of the folder of a data set, and has
  `source`, `note` (provenance, licence), `wavelengths_nm`,
  `scenes()`: the names of all scenes, in a fixed order, found by looking at names only, and
  `read(scene)`: a `hsgan.records.schema.CubeRecord`; a `DataError` names the file and the rule.

A reader of photos has `source`, `note`, `class_names`, `encoding`,
  `scenes()`: pairs (scene, split), and
  `read(scene)`: a `PhotoRecord`.

`read` is called for one scene at a time and nothing is kept: a data set may be larger than memory.
"""

from tfrecords_tools.readers.camvid import CamvidReader
from tfrecords_tools.readers.cave import CaveReader

HSI_READERS = {"cave": CaveReader}
RGB_READERS = {"camvid": CamvidReader}
