"""The defaults: the papers' methods and trainings, on the demo records. One function for each group of sections."""

from typing import Any

import ml_collections

from hsgan.config.models import MODELS


def default_config() -> ml_collections.ConfigDict:
    """Returns the defaults, a locked `ConfigDict`."""
    config = ml_collections.ConfigDict()
    config.name = "hsgan"
    config.seed = 0
    # hsgan (unpaired), agd_net (paired), or a baseline: hscnn_d, fm_net, chs_gan (paired), dbf (RGB alone), or the
    # mixture prior itself, trained: mixture, or with a gate that looks around a pixel: gated_mixture (paired).
    config.model = "hsgan"
    config.wavelengths = dict(start_nm=400, stop_nm=700, step_nm=10)
    config.cameras = cameras()
    config.data = data()
    config.pairs = pairs()
    config.prior = prior()
    for name, section in unpaired_networks().items():
        config[name] = section
    for name, model in MODELS.items():
        if model.settings:
            config[name] = dict(model.settings)
    config.loss = unpaired_loss()
    config.optimizer = unpaired_optimizer()
    config.paired = paired_training()
    config.train = training()
    config.lock()
    return config


def cameras() -> dict[str, Any]:
    """Cameras of training and test."""
    return dict(
        # "default" (embedded), or a camspec_database.txt, or a .npz of tfrecords_tools.build_srf.
        dictionary="default",
        test="",  # projects validation cubes; "" takes Nikon D700 where the dictionary has it, else the first
        training=(),  # cameras that training draws from; () is the whole dictionary
        # What pairs are projected with: "raw" (the cameras), "rendered" (each after its own color matrix to linear
        # sRGB), "srgb" (the responses of a developed picture).
        kinds=("raw",),
        # As many random variants of all cameras beside them, of which pairs are projected with one or the other: curves
        # shifted within -shift_nm and shift_nm, and stretched by 1 - stretch to 1 + stretch.
        variants=0,
        shift_nm=10.0,
        stretch=0.05,
        held_out=(),  # cameras that training never sees, neither as the estimator's basis nor to project cubes with
        known=False,  # whether validation gives the network the test camera's SRF
    )


def data() -> dict[str, Any]:
    """Records and random crops."""
    return dict(
        cubes="demo",  # folder of cube records (tfrecords_tools.build_hsi), or "demo"
        rgb="demo",  # folder of photo records (tfrecords_tools.build_rgb), or "demo"
        validation_split="validation",  # of the cube records
        # Every cube and photo is brought to this brightness, whole and by one factor, before the network, and so in use
        # (`hsgan.spectra.exposure`); 0: they stay as they are, as in the papers.
        brightness=0.0,
        cache="",  # where the demo set is made; "" is the user's cache folder
        cube_scale=(1 / 7, 1 / 2),  # random rescale of a cube, per axis [code]
        quarter_turns=False,  # random quarter turns of cube patches, beside the flips
        crops_per_read=4,  # crops taken from one read of a scene
        rgb_encoding="srgb",  # how photos are stored: "srgb" or "linear"
        rgb_scale=(0.5, 2.0),  # random rescale of a photo
        rgb_crop=480,  # crop that the parser sees
    )


def pairs() -> dict[str, Any]:
    """What patches of cubes become before a camera makes pairs of them, in paired training and `loss.synthetic`."""
    return dict(
        scenes=0.0,  # share of the patches that become a convex mixture with another one of the batch
        light=0.0,  # random light: deviation of the logarithm of a smooth gain over the bands
    )


def prior() -> dict[str, Any]:
    """The mixture prior of spectra, fitted once a run (method section 18)."""
    return dict(
        components=32,  # Gaussians
        fits=1,  # of components / fits Gaussians each, under other exposures and from other starts, that are pooled
        samples=40_000,  # spectra that it is fitted to
        level_power=0.5,  # a cube's pixel is drawn with a chance that grows with its mean radiance to this power
        shift=10.0,  # nm, standard deviation of the shifts of some pixels along wavelength
        shifted=0.33,  # share of the cubes' pixels that are shifted
        exposure=1.0,  # a cube's pixels are multiplied by exp(U(-exposure, exposure))
        materials=0.15,  # share of the samples that are measured materials, where the wavelengths allow
        noise=1e-6,  # variance of the RGB noise
        seed=0,  # of the samples and the start of the fit
        folds=4,  # groups of scenes left out in turn, to calibrate its uncertainty; 0: it stays as it is
        run="",  # a run of the model "mixture", whose trained mixture is taken in place of a fit
        trained=False,  # whether a network that starts at the prior trains it along
    )


def unpaired_networks() -> dict[str, dict[str, Any]]:
    """The networks of the unpaired method (method sections 2-6)."""
    generator = dict(
        stages=4,
        growth=62,
        units=5,
        kernel_size=3,  # of all its convolutions over pixels, odd; 1: every pixel by itself
        negative_slope=0.001,  # of the last LeakyReLU [code]
        initialization="learned",  # learned | smooth | prior (method section 17) | mixture (section 18)
        prior_noise=1e-4,  # `s` of the Wiener estimate, variance of the RGB noise
        initial_weights="he",  # he | pytorch (PyTorch's default, 2.45 times smaller [code])
    )
    srf_estimator = dict(widths=((16, 32), (64, 64), (64, 64), (64, 64)), kernels=(5, 5, 3, 3), head=(128, 128, 128))
    discriminator = dict(
        widths=(64, 128),
        units=7,
        components=0,  # leading components of the real spectra that it sees, of variance 1 each; 0: all bands
        noise=0.0,  # standard deviation of the noise on what it sees in training
    )
    semantic = dict(
        # "" (no semantic branch) | "hrnet_w18_small" | "hrnet_w18_small_v2" | "hrnet_w48" | "hub:PRESET" | path of a
        # Keras scene parser
        parser="",
        parser_weights="",  # weights of our HRNet; "" and pretrain_steps > 0: pre-trained into the run folder first
        pretrain_steps=0,
        pretrain_batch=8,
        pretrain_learning_rate=1e-2,  # HRNet's for segmentation, and so is the decay (an L2 gradient, as PyTorch's)
        pretrain_weight_decay=5e-4,
        width=64,
        units=4,
        dropout=0.2,
        # Where classes and labels meet: features (at the parser's resolution; labels are those of the nearest pixels)
        # | crop (at the photo's; logits are interpolated, as HRNet's own training does)
        labels="features",
    )
    return dict(
        generator=generator,
        srf_estimator=srf_estimator,
        discriminator=discriminator,
        semantic=semantic,
    )


def unpaired_loss() -> dict[str, Any]:
    """The objective of the unpaired method (section 7)."""
    return dict(
        # What the generator reconstructs: photos (the papers'), or synthetic RGB, what cameras make of other cubes than
        # those that the discriminator sees beside them.
        rgb="photos",
        adversarial=1.0,
        back_projection=1e2,
        smoothness=1e1,
        positivity=1e-2,
        semantic=1.0,
        # Beyond the paper: mean absolute error on what random cameras make of the unpaired cubes; no captured pairs.
        synthetic=0.0,
        synthetic_camera="given",  # whether the network is told that camera: given | estimated
        synthetic_srf=0.0,  # mean absolute error of the camera that the network estimates of those pairs
        synthetic_exposure=0.5,  # a cube is multiplied by exp(U(-synthetic_exposure, synthetic_exposure))
        synthetic_power=4.0,  # the cameras mixed have shares of uniform draws to this power: 32 is nearly one camera
        smoothness_form="absolute",  # absolute (Eq. 10) | squared [code]
        positivity_form="squared",  # squared (Eq. 11) | absolute [code]
        regularizer="l1_clip",  # of the adversarial game: l1_clip (Eq. 7) | gp1 | gp0 | spectral_norm | none
        gradient_penalty=10.0,  # weight of gp1 and gp0
        semantic_gradient_scale=1.0,  # [code]: 2
    )


def unpaired_optimizer() -> dict[str, Any]:
    """Rates and momenta of the unpaired method (section 7)."""
    return dict(
        generator=1e-4,
        srf_estimator=1e-4,
        discriminator=5e-4,
        semantic=1e-3,
        semantic_momentum=0.9,
        semantic_weight_decay=1e-4,
        semantic_power=0.9,
        beta_1=0.9,
        beta_2=0.999,
        weight_decay=0.0,  # of the generator, but not of its prior; decoupled, a share of the rate
        final_share=1.0,  # the three rates fall along half a cosine to this share of themselves; 1: they stay
        ema=0.0,  # decay of the weight average that evaluation uses; 0: none
    )


def paired_training() -> dict[str, Any]:
    """Objective and optimizer of the models that train on pairs, and of `dbf` (sections 12 and 13)."""
    return dict(
        pixel=1.0,
        pixel_form="l1",  # l1 | mrae | leveled (squared error over the level)
        residual=0.0,  # mean squared back-projection error, of every stage where a network has stages
        rank=0.0,
        rank_patch=48,
        rank_stride=16,
        rank_weighting="relative",  # relative | none
        adversarial=0.0,
        learning_rate=1e-3,
        final_learning_rate=1e-5,
        schedule="cosine",  # constant | cosine | polynomial | halving
        power=1.5,  # of the polynomial schedule
        halvings=4,  # of the halving schedule, evenly over the run
        discriminator=2e-4,
        beta_1=0.9,
        beta_2=0.999,
        weight_decay=0.0,  # of the network, but not of its prior; decoupled, a share of the rate
        ema=0.0,
    )


def training() -> dict[str, Any]:
    """The loop."""
    return dict(
        steps=50 * 208,
        max_minutes=0.0,  # stop early after so much wall-clock time of training; 0: no limit
        batch=24,
        patch=128,  # what generator and discriminator see
        precision="float32",
        # "mirrored": every batch is shared out over the GPUs of this machine; "multi_worker": of machines (TF_CONFIG)
        strategy="none",
        wait_minutes=10.0,  # of multi_worker: how long a worker waits for the others to come
        devices=0,  # how many share it; 0: all. Without a GPU the processor is split into as many, to try it
        deterministic=True,  # bit-exact repeats and resume; some GPUs lack deterministic depthwise convolutions
        checkpoint_every=208,
        validate_every=1040,
        log_every=20,
        gradients_every=200,  # how often the norm of each term's gradient is logged; 0: never
        evaluate=True,  # evaluate and write pictures when training ends
    )
