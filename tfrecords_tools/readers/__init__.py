"""One module a data set, and the dictionaries that name them.

A reader of cubes is made of the folder of a data set, and has
  `source`, `note` (provenance, licence), `wavelengths_nm`,
  `scenes()`: pairs (scene, split), in a fixed order, found by looking at names only; the split is the published one, or
    "train" where there is none,
  `files(scene)`: the files it is read from, and
  `read(scene)`: a `hsgan.records.schema.CubeRecord`; a `DataError` names the file and the rule.

A reader of photos has `class_names` and `encoding` in place of `wavelengths_nm`, and `read` gives a `PhotoRecord`. A
reader of videos names frames, `read` gives a `FrameRecord`, and `group(scene)` the video, whose frames stay together.

`read` is called for one scene at a time and nothing is kept: a data set may be larger than memory. Readers are sent to
other processes, so they hold names and paths, no data and no open file. They import no TensorFlow.
"""

from tfrecords_tools.readers.ade20k import Ade20kReader
from tfrecords_tools.readers.camvid import CamvidReader
from tfrecords_tools.readers.cave import CaveReader
from tfrecords_tools.readers.cityscapes import CityscapesReader
from tfrecords_tools.readers.folder import FolderReader
from tfrecords_tools.readers.harvard import HarvardReader
from tfrecords_tools.readers.icvl import IcvlReader, Ntire2018Reader
from tfrecords_tools.readers.kaist import KaistReader
from tfrecords_tools.readers.ntire import Ntire2020Reader, Ntire2022Reader
from tfrecords_tools.readers.own import EnviReader, MatReader, NetcdfReader, NpyReader, NpzReader, TiffReader
from tfrecords_tools.readers.pascal_context import PascalContextReader
from tfrecords_tools.readers.videos import HotcReader, SequencesReader

HSI_READERS = {
    "cave": CaveReader,
    "envi": EnviReader,
    "harvard": HarvardReader,
    "icvl": IcvlReader,
    "kaist": KaistReader,
    "mat": MatReader,
    "netcdf": NetcdfReader,
    "npy": NpyReader,
    "npz": NpzReader,
    "ntire2018": Ntire2018Reader,
    "ntire2020": Ntire2020Reader,
    "ntire2022": Ntire2022Reader,
    "tiff": TiffReader,
}
RGB_READERS = {
    "ade20k": Ade20kReader,
    "camvid": CamvidReader,
    "cityscapes": CityscapesReader,
    "folder": FolderReader,
    "pascal_context": PascalContextReader,
}
VIDEO_READERS = {"hotc": HotcReader, "sequences": SequencesReader}
