"""`python -m hsgan.track SEQUENCE... --output=DIR`: follows a target from its first box.

Of each sequence: NAME.csv, a box a frame, and NAME.mp4, the frames with boxes. Where there are true boxes, how well the
target was followed is printed.
"""

import sys

from absl import flags

from hsgan import cli
from hsgan.errors import DataError, HsganError

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("output", None, "Folder for boxes and videos; those there are replaced.", required=True)
    flags.DEFINE_string("box", "", "First box: left,top,width,height in pixels from 1; default: groundtruth_rect.txt.")
    flags.DEFINE_list("features", [], "What the filter sees: hog, color, sshmg, abundances; default: by the frames.")
    flags.DEFINE_string(
        "cubes",
        "none",
        "What makes a cube of every frame: a run, an exported model, pretrained weights, bi, ...; none: none.",
    )
    flags.DEFINE_string("data", "demo", "Cube records that a method without a network is fitted to.")
    flags.DEFINE_string(
        "camera",
        "",
        "Camera that took the videos: a name, a file of its SRF, estimate, or srgb, the default: videos are developed.",
    )
    flags.DEFINE_bool("video", True, "Write a video with the boxes, which needs PyAV (hsgan[video]).")


@cli.takes_arguments
def main(argv):
    from hsgan.files.inputs import output_stems
    from hsgan.plot.figures import check_folder, folder
    from hsgan.track import sequences
    from hsgan.track.features import Features

    check_folder(FLAGS.output)
    if FLAGS.features:
        Features(tuple(FLAGS.features))
    found, failed = sequences.find_sequences(argv[1:], FLAGS.box), 0
    make = cube_maker()
    names = [f"{sequence.name}.csv" for sequence in found]
    folder(FLAGS.output)
    for sequence, (_, stem) in zip(found, output_stems(names, FLAGS.output), strict=True):
        try:
            print(follow(sequence, stem, make(sequence)), flush=True)
        except HsganError as error:
            failed += 1
            print(f"error: {error}", file=sys.stderr, flush=True)
    if failed:
        raise DataError(f"{failed} of {len(found)} sequences could not be followed")


def cube_maker():
    """Returns a function of a sequence that gives what makes cubes of its frames, None if none are to be made."""
    from hsgan import config as config_lib
    from hsgan.reconstruct import camera
    from hsgan.track.cubes import FrameCubes, find_method

    if FLAGS.cubes == "none":
        return lambda sequence: None
    method = find_method(FLAGS.cubes, config_lib.load("demo", [f"data.cubes={FLAGS.data}"]))
    camera.known(FLAGS.camera, method)  # a name that there is not is refused before the work
    return lambda sequence: FrameCubes(method, FLAGS.camera, sequence.origin)


def follow(sequence, stem, cubes):
    """Follows the target of one sequence, and writes what is asked for; returns what to print."""
    from hsgan.files.video_writer import write_video
    from hsgan.track import output
    from hsgan.track.course import CUBES, TRACKING, Course

    course = Course(sequence, None if sequence.bands > 3 else cubes, tuple(FLAGS.features))
    paths = [f"{stem}.csv"]
    if FLAGS.video:
        paths.append(f"{stem}.mp4")
        write_video(paths[-1], output.pictures(sequence, course))
    else:
        course.finish()
    output.write_boxes(paths[0], course.boxes)
    line = f"{sequence.name}: {len(course.boxes)} frames, {course.frames_per_second(TRACKING):.1f} frames a second"
    if course.cubes is not None:
        line += f" ({course.frames_per_second(CUBES, TRACKING):.1f} with the cubes)"
    if course.evaluated:
        measures = course.measures()
        line += (
            f"; AP {100 * measures['ap']:.2f} %, DP {100 * measures['dp']:.2f} %, AUC {measures['auc']:.4f}, "
            f"location error {measures['location_error']:.2f} px"
        )
    if course.cubes is not None:
        paths.append(f"camera {cubes.camera.name} ({cubes.camera.source})")
    return "\n  ".join([line, *map(str, paths)])


if __name__ == "__main__":
    cli.run(define_flags, main)
